# Words for the control channel of Pawl, for plugins in sh. Copy this file beside yours; it needs jq.
#
#     . "${PAWL_PLUGIN_DIR:-.}/pawl.sh"
#     pawl_heartbeat '{"next": 7}'
#
# At a prompt, where there is no control channel, each does nothing or writes to stderr, and all works alike.

# pawl_send JQ_ARGUMENT... FILTER: says one object.
pawl_send() {
    [ -n "${PAWL_CONTROL_FD:-}" ] || return 0
    jq -cn "$@" >&"$PAWL_CONTROL_FD"
}

# pawl_heartbeat [CHECKPOINT]: it is alive; CHECKPOINT, JSON, is handed to the next attempt.
pawl_heartbeat() {
    if [ $# -eq 0 ]; then
        pawl_send '{type: "heartbeat"}'
    else
        pawl_send --argjson checkpoint "$1" '{type: "heartbeat", $checkpoint}'
    fi
}

# pawl_checkpoint: prints the last checkpoint of an attempt before this one, else null.
pawl_checkpoint() {
    if [ -n "${PAWL_CONTEXT:-}" ]; then jq -c .checkpoint "$PAWL_CONTEXT"; else echo null; fi
}

# pawl_progress DONE TOTAL [MESSAGE]
pawl_progress() {
    pawl_send --argjson done "$1" --argjson total "$2" --arg message "${3:-}" \
        '{type: "progress", $done, $total} + if $message == "" then {} else {$message} end'
}

# pawl_log LEVEL MESSAGE: debug, info, warning or error.
pawl_log() {
    jq -cn --arg level "$1" --arg message "$2" '{$level, $message}' >&2
}

# pawl_mask VALUE: no line of the log shows it from now on.
pawl_mask() { pawl_send --arg value "$1" '{type: "mask", $value}'; }

# pawl_artifact NAME PATH [MEDIA_TYPE]: keeps a file with the run.
pawl_artifact() {
    pawl_send --arg name "$1" --arg path "$2" --arg media_type "${3:-application/octet-stream}" \
        '{type: "artifact", $name, $path, $media_type}'
}

# pawl_snooze AFTER MESSAGE: ends; not ready yet, to be run again in AFTER, such as 30s.
pawl_snooze() {
    jq -cn --arg retry_after "$1" --arg message "$2" '{class: "snooze", $retry_after, $message}'
    exit 75
}

# pawl_defer [TIMEOUT]: ends; the answer comes later, to the callback of PAWL_CONTEXT.
pawl_defer() {
    pawl_send --arg timeout "${1:-}" '{type: "defer"} + if $timeout == "" then {} else {$timeout} end'
    exit 0
}

# pawl_error TYPE MESSAGE [AFTER]: ends as failed, for good, or with AFTER to be tried again then.
pawl_error() {
    jq -cn --arg type "$1" --arg message "$2" --arg after "${3:-}" \
        '{$type, $message, retryable: ($after != "")}
            + if $after == "" then {} else {retry_after: $after} end'
    [ -n "${3:-}" ] && exit 75
    exit 65
}
