# bash completion for jailhouse: source this file, or put it among bash's completions.

_jailhouse_cells() {
  # Ids and names as `jailhouse cell list` shows them; "$1" leaves out the root cell.
  jailhouse cell list 2>/dev/null | awk -v root="$1" 'NR > 1 && (root || $1 != "0") { print $1; print $2 }'
}

_jailhouse_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_jailhouse_files() {
  local pattern
  COMPREPLY=()
  for pattern in "$@"; do
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
      compgen -f -X "!*$pattern" -- "${COMP_WORDS[COMP_CWORD]}"
    )
  done
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -S / -- "${COMP_WORDS[COMP_CWORD]}")
  compopt -o nospace 2>/dev/null
}

_jailhouse_cell() {
  local previous="${COMP_WORDS[COMP_CWORD - 1]}"
  if ((COMP_CWORD == 2)); then
    _jailhouse_words "create load start shutdown destroy list stat stats --help"
    return
  fi
  case "${COMP_WORDS[2]}" in
    create)
      if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then _jailhouse_words "--allow-dma --help"; else _jailhouse_files .cell .ts .json; fi
      ;;
    start | shutdown) _jailhouse_words "$(_jailhouse_cells "") --name --help" ;;
    destroy) _jailhouse_words "$(_jailhouse_cells "") --name --force --help" ;;
    stat | stats) _jailhouse_words "$(_jailhouse_cells root) --name --count --json --help" ;;
    list) _jailhouse_words "--json --help" ;;
    load)
      if ((COMP_CWORD == 3)) || [[ $previous == --name ]]; then
        _jailhouse_words "$(_jailhouse_cells "") --name --help"
      elif [[ $previous != -s && $previous != --string && $previous != -a && $previous != --address ]]; then
        case "${COMP_WORDS[COMP_CWORD]}" in
          -*) _jailhouse_words "-s --string -a --address" ;;
          *) _jailhouse_files "" ;;
        esac
      fi
      ;;
  esac
}

_jailhouse_config() {
  if ((COMP_CWORD == 2)); then
    _jailhouse_words "show check collect compile create create-cell decompile diff learn --help"
    return
  fi
  case "${COMP_WORDS[COMP_CWORD]}" in
    -*)
      case "${COMP_WORDS[2]}" in
        show) _jailhouse_words "--map --svg --help" ;;
        check) _jailhouse_words "--root --cpus --memory --notes --all --strict --json --sarif --help" ;;
        create) _jailhouse_words "--root --mem-inmates --mem-hv --console --help" ;;
        create-cell) _jailhouse_words "--name --cpus --memory --device --root --allow-dma --beside --output --help" ;;
        learn) _jailhouse_words "--system --cpus --console --seconds --output --help" ;;
        *) _jailhouse_words "--output --help" ;;
      esac
      ;;
    *) _jailhouse_files .cell .ts .json ;;
  esac
}

_jailhouse_machine() {
  if ((COMP_CWORD == 2)); then
    _jailhouse_words "start stop list status record --help"
    return
  fi
  local names
  names=$(jailhouse machine list 2>/dev/null | awk 'NR > 1 { print $1 }')
  case "${COMP_WORDS[2]}" in
    start) _jailhouse_words "--cpus --memory --vendor --no-x2apic --pace --serial --help" ;;
    stop) _jailhouse_words "$names --all --help" ;;
    status) _jailhouse_words "$names --json --help" ;;
    list) _jailhouse_words "--json --help" ;;
    record) _jailhouse_files "" ;;
  esac
}

_jailhouse() {
  if ((COMP_CWORD == 1)); then
    _jailhouse_words "enable confirm disable explain console cell config inmate machine serial hardware --target --help --version"
    return
  fi
  case "${COMP_WORDS[1]}" in
    enable)
      if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then _jailhouse_words "--yes --learn --try --help"; else _jailhouse_files .cell .ts .json; fi
      ;;
    explain)
      case "${COMP_WORDS[COMP_CWORD - 1]}" in
        -o | --output | -r | --root | --console) _jailhouse_files "" ;;
        --system | --cell) _jailhouse_files .cell .ts .json ;;
        *) _jailhouse_words "$(_jailhouse_cells "") --fix --output --trust-log --json --root --console --system --cell --help" ;;
      esac
      ;;
    console) _jailhouse_words "-f --follow --help" ;;
    serial) _jailhouse_words "0 1 -f --follow --send --help" ;;
    cell) _jailhouse_cell ;;
    config) _jailhouse_config ;;
    inmate)
      case "${COMP_WORDS[2]}" in
        new) _jailhouse_words "--c --bits --reset-address --help" ;;
        sdk) ;;
        *) _jailhouse_words "new sdk --help" ;;
      esac
      ;;
    machine) _jailhouse_machine ;;
    hardware) _jailhouse_words "check --help" ;;
  esac
}

complete -F _jailhouse jailhouse
