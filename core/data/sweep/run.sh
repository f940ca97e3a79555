#!/usr/bin/env bash
# Runs the members of this sweep one after the other; `bash run.sh --help` says more.
set -u

usage() {
    cat <<'EOF'
usage: TRAINER_DIR=CHECKOUT bash run.sh [--only N]... [--again] [--list]

Runs train.py of the checkout on each member, in the order of members.tsv. A member that is done is
passed over, so that the same command goes on after a stop. One that fails stops no other.

  --only N   only this member, by its number; can be given several times
  --again    members that are done, too
  --list     say which members there are and which are done; run nothing

What can be set:
  TRAINER_DIR   a checkout of the trainer's repository, or the folder of its train.py
  PYTHON        the Python to run it with; otherwise the one that setup.sh made, or python3
  SWEEP_VENV    where setup.sh made it; otherwise .venv beside this file
  SWEEP_OUTPUT  where each member gets a folder of its own; otherwise outputs beside this file

Exit codes: 0 all that was asked for is done, 1 a member failed, 2 it can't begin, 130 stopped.
EOF
}

fail() {
    printf 'run.sh: %s\n' "$1" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 2
tab=$(printf '\t')
only=
again=no
list=no

while [ $# -gt 0 ]; do
    case $1 in
        --only)
            case ${2-} in
                '' | *[!0-9]*) fail '--only needs the number of a member.' ;;
            esac
            number=$((10#$2))
            grep -q "^$number$tab" -- "$here/members.tsv" ||
                fail "There is no member $number here; --list says which there are."
            only="$only $number "
            shift
            ;;
        --again) again=yes ;;
        --list) list=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) fail "There is no option $1; --help says which there are." ;;
    esac
    shift
done

output=${SWEEP_OUTPUT:-$here/outputs}
logs=$here/logs
done_count=0
before_count=0
failed=

is_wanted() {
    [ -z "$only" ] && return 0
    case $only in
        *" $1 "*) return 0 ;;
        *) return 1 ;;
    esac
}

# Done means that it ended well with just this config.
is_done() {
    cmp -s -- "$here/configs/$1.json" "$output/$1/.done"
}

if [ "$list" = yes ]; then
    while IFS=$tab read -r number name; do
        is_wanted "$number" || continue
        state=
        if is_done "$name"; then state=' (done)'; fi
        printf '%s\t%s%s\n' "$number" "$name" "$state"
    done <"$here/members.tsv"
    exit 0
fi

[ -n "${TRAINER_DIR:-}" ] || fail 'Set TRAINER_DIR to a checkout of the trainer; see README.md.'
trainer=$(CDPATH='' cd -- "$TRAINER_DIR" && pwd) || fail "There is no folder $TRAINER_DIR."
# In the repository, train.py lies one folder down.
if [ ! -f "$trainer/train.py" ]; then trainer="$trainer/Tiny Tool Use"; fi
[ -f "$trainer/train.py" ] || fail "There is no train.py in $TRAINER_DIR."

python=${PYTHON:-${SWEEP_VENV:-$here/.venv}/bin/python}
if [ -z "${PYTHON:-}" ] && [ ! -x "$python" ]; then python=python3; fi
case $python in
    # train.py runs in another folder.
    [!/]*/*) python=$PWD/$python ;;
esac
command -v -- "$python" >/dev/null || fail "There is no $python; run setup.sh, or set PYTHON."

mkdir -p -- "$output" "$logs" || exit 2
# train.py runs in the checkout: what it is told has to hold there too.
output=$(CDPATH='' cd -- "$output" && pwd) || exit 2

# ToolBench is downloaded once, before runs that start together would all begin to.
if [ -f "$here/fetch.py" ] && [ ! -e "$trainer/data/toolbench" ]; then
    (cd -- "$trainer" && exec "$python" "$here/fetch.py") </dev/null ||
        printf 'run.sh: ToolBench could not be fetched; train.py will try it itself.\n' >&2
fi

summary() {
    printf '\nDone: %s. Done before: %s. ' "$done_count" "$before_count"
    if [ -z "$failed" ]; then
        printf 'Failed: none.\n'
    else
        printf 'Failed:\n%s' "$failed"
    fi
}

stopped() {
    printf '\nStopped. The same command goes on with what is not done yet.\n'
    summary
    exit 130
}
trap stopped INT TERM

run_member() {
    local name=$1 config=$here/configs/$1.json folder=$output/$1 log=$logs/$1.log status
    if [ "$again" = no ] && is_done "$name"; then
        printf '%s is done already.\n' "$name"
        before_count=$((before_count + 1))
        return
    fi
    if ! mkdir -p -- "$folder"; then
        failed="$failed  $name (no folder $folder)
"
        return
    fi
    rm -f -- "$folder/.done"
    printf '%s begins; its log is logs/%s.log\n' "$name" "$name"
    (cd -- "$trainer" && exec "$python" train.py --config "$config" --output-dir "$folder") \
        </dev/null 2>&1 | tee -a -- "$log"
    status=${PIPESTATUS[0]}
    if [ "$status" -eq 0 ] && cp -- "$config" "$folder/.done"; then
        done_count=$((done_count + 1))
        return
    fi
    if [ "$status" -eq 130 ]; then stopped; fi
    printf '%s failed with exit code %s.\n' "$name" "$status" | tee -a -- "$log"
    failed="$failed  $name (exit code $status, logs/$name.log)
"
}

while IFS=$tab read -r number name <&3; do
    if is_wanted "$number"; then run_member "$name"; fi
done 3<"$here/members.tsv"

summary
[ -z "$failed" ]
