# Completion of goal for bash; goal itself knows what may come next.
_goal()
{
    local IFS=$'\n'
    mapfile -t COMPREPLY < <(goal __complete "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    [[ ${COMPREPLY[0]-} == *: ]] && compopt -o nospace
    return 0
}
complete -o default -F _goal goal
