_netsession() {
    # Bash splits words at ":" and "=", which addresses and flags contain: join what no blank separates. It then replaces only
    # the text after the last of them, so candidates lose the part before (`kept`).
    local words=() last=-1 kept='' rest=${COMP_LINE:0:COMP_POINT} word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then word=${rest#"${rest%%[![:space:]]*}"}; fi
        if ((i > 0)) && [[ -n $word && $rest == "$word"* ]]; then
            kept=${words[last]}
            if [[ $word == [:=] ]]; then kept+=$word; fi
            words[last]+=$word
        else
            kept=''
            words+=("$word")
            last=$((last + 1))
        fi
        rest=${rest#*"$word"}
    done
    # It splits words at "@", too, but replaces the "@" with the text after it.
    kept=${kept%@}
    COMPREPLY=()
    while IFS= read -r word || [[ -n $word ]]; do
        if [[ -n $word ]]; then COMPREPLY+=("${word#"$kept"}"); fi
    done < <(NETSESSION_COMPLETE=bash _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$last _CLAP_COMPLETE_COMP_TYPE=$COMP_TYPE \
        netsession -- "${words[@]}" 2>/dev/null)
    if [[ ${COMPREPLY[0]-} == *[/=:] ]]; then compopt -o nospace 2>/dev/null; fi
    return 0
}
# Without `-o nosort`, which old versions lack, candidates are sorted.
complete -o nosort -F _netsession netsession 2>/dev/null || complete -F _netsession netsession
