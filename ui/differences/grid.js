// The browser's part of ui/differences/grid.py: moving by key, picking cells, downloading a column's file.

const CELLS = "tbody td"
const TITLES = { section: "Pick the whole section", setting: "Pick this value" }
const grids = new WeakMap()

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  let grid = grids.get(parentElement)
  if (!grid) grids.set(parentElement, (grid = new Grid(parentElement)))
  grid.say = setTriggerValue
  grid.keep = picks => setStateValue("picked", { of: grid.data.picksOf, picks })
  grid.show(data)
  return () => {
    grid.close()
    grids.delete(parentElement)
  }
}

class Grid {
  constructor(parent) {
    this.root = document.createElement("div")
    this.root.className = "grid"
    this.bar = element("div", "bar")
    this.place = element("span", "place")
    this.place.setAttribute("role", "status")
    this.steps = [
      button("↑", "Previous difference (p)", () => this.step(-1)),
      button("↓", "Next difference (n)", () => this.step(1)),
      this.place,
    ]
    this.bar.append(
      ...this.steps,
      (this.hint = element("span", "hint")),
    )
    this.box = element("div", "box")
    this.box.tabIndex = -1
    this.root.append(this.bar, this.box)
    parent.append(this.root)
    this.box.addEventListener("click", event => this.clicked(event))
    this.box.addEventListener("keydown", event => this.moved(event))
    this.box.addEventListener("focusin", event => this.focused(event))
    this.typed = event => this.pressed(event)
    document.addEventListener("keydown", this.typed)
  }

  close() {
    document.removeEventListener("keydown", this.typed)
    this.root.remove()
  }

  show(data) {
    const isNew = this.data?.html !== data.html || this.keysOf(this.data) !== this.keysOf(data)
    if (this.data?.picksOf !== data.picksOf) this.picks = data.picks
    this.data = data
    this.dropGone()
    if (isNew) this.draw()
    this.markPicks()
  }

  keysOf({ lines, columns }) {
    return JSON.stringify([lines, columns].map(all => all.map(one => one.key)))
  }

  // What was picked from a column that was left out is not picked any more.
  dropGone() {
    const there = new Set(this.data.columns.map(column => column.key))
    const left = this.picks.filter(([, column]) => there.has(column))
    if (left.length === this.picks.length) return
    this.picks = left
    this.keep(left)
  }

  draw() {
    const { scrollTop, scrollLeft } = this.box
    const focus = this.box.querySelector("td:focus")
    const had = focus && this.names(focus)
    const stop = this.stops?.[this.at]?.dataset.key
    this.box.innerHTML = this.data.html
    // What the cells belong to, also while the next table is on its way.
    this.shown = this.data
    this.rows = [...this.box.querySelectorAll("tbody tr")]
    this.numbers = new Map(this.rows.map((row, index) => [row, index]))
    this.rows.forEach((row, index) => {
      const line = this.data.lines[index]
      row.classList.add(line.kind)
      row.dataset.key = line.key
      row.classList.toggle("different", line.differs)
      row.firstElementChild.scope = "row"
      for (const cell of row.querySelectorAll("td")) cell.tabIndex = -1
      for (const cell of row.querySelectorAll("td.pickable")) this.explain(cell, line)
    })
    this.hint.textContent = this.data.hint
    for (const head of this.box.querySelectorAll("thead th.col_heading")) head.scope = "col"
    const corner = this.box.querySelector("thead th.blank")
    if (corner) corner.textContent = "Setting"
    this.markBase()
    const first = this.box.querySelector("tr:not(.section) td") ?? this.box.querySelector(CELLS)
    if (first) first.tabIndex = 0
    this.stops = this.rows.flatMap((row, index) =>
      this.data.lines[index].kind === "setting" && this.data.lines[index].differs ? [row] : [],
    )
    this.at = this.stops.findIndex(row => row.dataset.key === stop)
    // What there is nothing to do with is not offered.
    this.hint.hidden = !this.box.querySelector("td.pickable")
    for (const one of this.steps) one.hidden = this.stops.length < 2
    this.bar.hidden = this.hint.hidden && this.stops.length < 2
    this.tell()
    Object.assign(this.box, { scrollTop, scrollLeft })
    if (had) this.cellOf(had)?.focus({ preventScroll: true })
  }

  explain(cell, line) {
    cell.title = TITLES[line.kind]
    if (line.kind !== "section") return
    const row = cell.closest("tr")
    const head = cell.closest("table").rows[0].cells[cell.cellIndex].querySelector(".open")
    const said = [cell.innerText.trim(), `Pick the section ${row.cells[0].innerText.trim()}`]
    cell.setAttribute("aria-label", `${said.filter(Boolean).join(". ")} of ${head.textContent}`)
  }

  cellOf([line, column]) {
    const row = this.rows.find(one => one.dataset.key === line)
    const place = this.data.columns.findIndex(one => one.key === column)
    return place < 0 ? null : row?.querySelectorAll("td")[place]
  }

  markBase() {
    const place = this.data.columns.findIndex(column => column.base)
    if (place !== 0) return
    for (const row of this.box.querySelectorAll("tr")) row.children[1]?.classList.add("base")
    const side = this.box.querySelector("thead th.blank")?.offsetWidth
    if (side) this.root.style.setProperty("--side", `${side}px`)
  }

  // --- Picking -------------------------------------------------------------------------------

  clicked(event) {
    const target = event.target
    const column = this.data.columns[target.closest("th")?.cellIndex - 1]
    if (target.closest(".download")) this.download(column)
    else if (target.closest("button.open")) this.open(column)
    else if (target.closest("td.pickable") && !hasSelection()) this.pick(target.closest("td"))
  }

  // The dialog that this opens gives the focus back to what it knows of: not to a heading in here.
  open(column) {
    this.say("opened", column.key)
    const of = column.key
    let was = false
    const sight = new MutationObserver(() => {
      const is = document.querySelector('[role="dialog"]') !== null
      const isOver = was && !is
      was ||= is
      if (isOver || !this.root.isConnected) sight.disconnect()
      if (isOver) setTimeout(() => this.refocus(of))
    })
    sight.observe(document.body, { childList: true, subtree: true })
  }

  // Not where the focus is at something else by now.
  refocus(column) {
    const host = this.root.getRootNode().host
    const active = document.activeElement
    if (active && active !== document.body && active !== host) return
    const place = this.data.columns.findIndex(one => one.key === column)
    this.box.querySelectorAll("button.open")[place]?.focus({ preventScroll: true })
  }

  pick(cell) {
    const [line, column] = this.names(cell)
    const others = this.picks.filter(([name]) => name !== line)
    const was = this.picks.some(([name, of]) => name === line && of === column)
    this.picks = was && !this.data.oneEach ? others : [...others, [line, column]]
    this.markPicks()
    this.keep(this.picks)
  }

  names(cell) {
    const line = this.shown.lines[this.numbers.get(cell.closest("tr"))]
    return [line.key, this.shown.columns[cell.cellIndex - 1].key]
  }

  markPicks() {
    const picked = new Set(this.picks.map(pick => JSON.stringify(pick)))
    for (const cell of this.box.querySelectorAll("td.pickable")) {
      const is = picked.has(JSON.stringify(this.names(cell)))
      cell.classList.toggle("picked", is)
      cell.setAttribute("aria-selected", String(is))
    }
    this.root.classList.toggle("picking", this.picks.length > 0 && !this.data.oneEach)
    this.reveal(this.box.querySelector("td:focus"))
  }

  // --- Moving --------------------------------------------------------------------------------

  pressed(event) {
    const by = { n: 1, p: -1 }[event.key]
    const path = event.composedPath()
    if (!by || event.ctrlKey || event.metaKey || event.altKey || path.some(isTypedIn)) return
    if (!this.root.isConnected || this.isCovered()) return
    event.preventDefault()
    this.step(by)
  }

  // A dialog lies over the page; only a table inside it listens then.
  isCovered() {
    const dialog = document.querySelector('[role="dialog"]')
    return Boolean(dialog) && !dialog.contains(this.root.getRootNode().host ?? this.root)
  }

  step(by) {
    const count = this.stops.length
    if (!count) return
    const from = this.at < 0 && by < 0 ? count : this.at
    this.at = (from + by + count) % count
    const row = this.stops[this.at]
    const cell = row.querySelector("td.differs") ?? row.querySelector("td")
    this.focus(cell)
    this.tell()
  }

  tell() {
    const count = this.stops.length
    const differ = `${count} ${count === 1 ? "difference" : "differences"}`
    this.place.textContent = this.at < 0 ? `${differ}; n goes to the next` : `${this.at + 1} of ${count}`
  }

  moved(event) {
    const cell = event.target.closest?.("td")
    if (!cell) return
    const row = cell.parentElement
    const cells = [...row.querySelectorAll("td")]
    const place = cells.indexOf(cell)
    const inRow = other => other?.querySelectorAll("td")[place]
    const target = {
      ArrowLeft: () => cells[place - 1],
      ArrowRight: () => cells[place + 1],
      ArrowUp: () => inRow(row.previousElementSibling),
      ArrowDown: () => inRow(row.nextElementSibling),
      Home: () => cells[0],
      End: () => cells.at(-1),
    }[event.key]
    if (target) {
      event.preventDefault()
      this.focus(target())
    } else if ((event.key === " " || event.key === "Enter") && cell.matches(".pickable")) {
      event.preventDefault()
      this.pick(cell)
    }
  }

  focus(cell) {
    if (!cell) return
    cell.focus({ preventScroll: true })
    this.reveal(cell)
  }

  reveal(cell) {
    if (!cell) return
    // What is fixed at the edges covers cells that the browser takes for visible.
    const [box, own] = [this.box.getBoundingClientRect(), cell.getBoundingClientRect()]
    const head = this.box.querySelector("thead").offsetHeight
    const side = cell.parentElement.firstElementChild.offsetWidth
    const [top, left] = [own.top - box.top - head - own.height, own.left - box.left - side]
    if (top < 0) this.box.scrollTop += top
    if (own.bottom > box.bottom) this.box.scrollTop += own.bottom - box.bottom + own.height
    if (left < 0) this.box.scrollLeft += left
    if (own.right > box.right) this.box.scrollLeft += Math.min(own.right - box.right, left)
  }

  focused(event) {
    const cell = event.target.closest?.("td")
    if (!cell) return
    for (const other of this.box.querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1
    cell.tabIndex = 0
    const stop = this.stops.indexOf(cell.parentElement)
    if (stop >= 0) this.at = stop
    this.tell()
  }

  // --- Downloading ---------------------------------------------------------------------------

  download(column) {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(new Blob([column.text], { type: "application/json" }))
    link.download = column.file
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
    this.say("downloaded", column.key)
  }
}

function element(name, className) {
  const made = document.createElement(name)
  made.className = className
  return made
}

function button(text, title, act) {
  const made = element("button", "step")
  Object.assign(made, { type: "button", textContent: text, title, onclick: act })
  made.setAttribute("aria-label", title)
  return made
}

function hasSelection() {
  return Boolean(window.getSelection()?.toString())
}

function isTypedIn(node) {
  return node.isContentEditable || /^(input|textarea|select)$/i.test(node.tagName ?? "")
}
