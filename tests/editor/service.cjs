// Reads {schema, text, offset?} from standard input; writes what VS Code's JSON service says.
const { getLanguageService, TextDocument } = require("vscode-json-languageservice");

const URI = "file:///configs/my.json";
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const outside = [];
const service = getLanguageService({
  clientCapabilities: {
    textDocument: {
      completion: { completionItem: { documentationFormat: ["markdown"], snippetSupport: true } },
    },
  },
  schemaRequestService: (uri) => {
    outside.push(uri);
    return Promise.reject(`${uri} is not here`);
  },
});
service.configure({
  schemas: [{ uri: "file:///tunesmith.schema.json", fileMatch: ["*.json"], schema: asked.schema }],
});

const document = TextDocument.create(URI, "json", 1, asked.text);
const parsed = service.parseJSONDocument(document);

async function answer() {
  const problems = await service.doValidation(document, parsed);
  const position = document.positionAt(asked.offset ?? 0);
  const completions = await service.doComplete(document, position, parsed);
  const hover = await service.doHover(document, position, parsed);
  return {
    outside,
    problems: problems.map((one) => ({
      text: document.getText(one.range),
      severity: one.severity,
      message: one.message,
    })),
    completions: (completions?.items ?? []).map((one) => ({
      label: one.label,
      documentation: one.documentation?.value ?? one.documentation ?? "",
      inserted: one.textEdit?.newText ?? one.insertText ?? "",
    })),
    hover: (hover?.contents ?? []).map((one) => one.value ?? one).join("\n"),
  };
}

answer().then((found) => process.stdout.write(JSON.stringify(found)));
