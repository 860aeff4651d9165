// What a shell needs to complete `jailhouse`: it asks the command itself (complete.ts), so that a script is never out of date.
// The answer's first line says of what kind the rest is: words, or files, whose directories end with a slash. A word may be
// followed by a tab and what it means.

/** What the first line of an answer can be. */
export const WORDS = ":words";
export const FILES = ":files";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# Completes jailhouse in bash.
_jailhouse() {
  local lines word
  mapfile -t lines < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  for word in "\${lines[@]:1}"; do
    word=\${word%%$'\\t'*}
    # bash adds the slash of a directory by itself.
    [[ \${lines[0]} == ${FILES} ]] && word=\${word%/}
    COMPREPLY+=("$word")
  done
  [[ \${lines[0]} == ${FILES} ]] && compopt -o filenames 2>/dev/null
  return 0
}
complete -F _jailhouse jailhouse
`;

const ZSH = `#compdef jailhouse
# Completes jailhouse in zsh.
_jailhouse() {
  local -a lines names shown directories
  local line word
  lines=("\${(@f)$("\${words[1]/#\\~/$HOME}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    word=\${line%%$'\\t'*}
    if [[ $word == */ ]]; then
      directories+=("$word")
    else
      names+=("$word")
      shown+=("\${line/$'\\t'/  -- }")
    fi
  done
  (( $#directories )) && compadd -S '' -a directories
  (( $#names )) && compadd -l -d shown -a names
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _jailhouse "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _jailhouse jailhouse
fi
`;

const FISH = `# Completes jailhouse in fish.
function __jailhouse_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null | tail -n +2
end
complete -c jailhouse -f -a '(__jailhouse_complete)'
`;

/** The script for each shell: to be sourced, or put among the shell's completions. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
