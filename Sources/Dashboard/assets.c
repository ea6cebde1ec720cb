// The files of the dashboard, in the program. A new file needs its two places here; a test compares them.
#include "CDashboard.h"

// #embed is C23; clang takes it in every C.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char ansi_js[] = {
#embed "www/ansi.js"
};
static const unsigned char api_js[] = {
#embed "www/api.js"
};
static const unsigned char app_js[] = {
#embed "www/app.js"
};
static const unsigned char batches_js[] = {
#embed "www/batches.js"
};
static const unsigned char charts_js[] = {
#embed "www/charts.js"
};
static const unsigned char cron_words_js[] = {
#embed "www/cron-words.js"
};
static const unsigned char dialog_js[] = {
#embed "www/dialog.js"
};
static const unsigned char diff_js[] = {
#embed "www/diff.js"
};
static const unsigned char dom_js[] = {
#embed "www/dom.js"
};
static const unsigned char format_js[] = {
#embed "www/format.js"
};
static const unsigned char graph_js[] = {
#embed "www/graph.js"
};
static const unsigned char icon_svg[] = {
#embed "www/icon.svg"
};
static const unsigned char index_html[] = {
#embed "www/index.html"
};
static const unsigned char json_view_js[] = {
#embed "www/json-view.js"
};
static const unsigned char json_js[] = {
#embed "www/json.js"
};
static const unsigned char layout_css[] = {
#embed "www/layout.css"
};
static const unsigned char live_connection_js[] = {
#embed "www/live-connection.js"
};
static const unsigned char live_worker_js[] = {
#embed "www/live-worker.js"
};
static const unsigned char live_js[] = {
#embed "www/live.js"
};
static const unsigned char operations_js[] = {
#embed "www/operations.js"
};
static const unsigned char parts_css[] = {
#embed "www/parts.css"
};
static const unsigned char plugins_js[] = {
#embed "www/plugins.js"
};
static const unsigned char router_js[] = {
#embed "www/router.js"
};
static const unsigned char run_actions_js[] = {
#embed "www/run-actions.js"
};
static const unsigned char run_bulk_js[] = {
#embed "www/run-bulk.js"
};
static const unsigned char run_filter_js[] = {
#embed "www/run-filter.js"
};
static const unsigned char run_graph_js[] = {
#embed "www/run-graph.js"
};
static const unsigned char run_history_js[] = {
#embed "www/run-history.js"
};
static const unsigned char run_logs_js[] = {
#embed "www/run-logs.js"
};
static const unsigned char run_model_js[] = {
#embed "www/run-model.js"
};
static const unsigned char run_sentence_js[] = {
#embed "www/run-sentence.js"
};
static const unsigned char run_step_js[] = {
#embed "www/run-step.js"
};
static const unsigned char run_timeline_js[] = {
#embed "www/run-timeline.js"
};
static const unsigned char run_css[] = {
#embed "www/run.css"
};
static const unsigned char run_js[] = {
#embed "www/run.js"
};
static const unsigned char runs_js[] = {
#embed "www/runs.js"
};
static const unsigned char schedules_js[] = {
#embed "www/schedules.js"
};
static const unsigned char schema_form_js[] = {
#embed "www/schema-form.js"
};
static const unsigned char start_js[] = {
#embed "www/start.js"
};
static const unsigned char system_js[] = {
#embed "www/system.js"
};
static const unsigned char time_scale_js[] = {
#embed "www/time-scale.js"
};
static const unsigned char timeline_rows_js[] = {
#embed "www/timeline-rows.js"
};
static const unsigned char tokens_css[] = {
#embed "www/tokens.css"
};
static const unsigned char view_js[] = {
#embed "www/view.js"
};
static const unsigned char virtual_js[] = {
#embed "www/virtual.js"
};
static const unsigned char workflow_js[] = {
#embed "www/workflow.js"
};
static const unsigned char workflows_js[] = {
#embed "www/workflows.js"
};

static const pawl_asset assets[] = {
    {"ansi.js", ansi_js, sizeof ansi_js},
    {"api.js", api_js, sizeof api_js},
    {"app.js", app_js, sizeof app_js},
    {"batches.js", batches_js, sizeof batches_js},
    {"charts.js", charts_js, sizeof charts_js},
    {"cron-words.js", cron_words_js, sizeof cron_words_js},
    {"dialog.js", dialog_js, sizeof dialog_js},
    {"diff.js", diff_js, sizeof diff_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"format.js", format_js, sizeof format_js},
    {"graph.js", graph_js, sizeof graph_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"index.html", index_html, sizeof index_html},
    {"json-view.js", json_view_js, sizeof json_view_js},
    {"json.js", json_js, sizeof json_js},
    {"layout.css", layout_css, sizeof layout_css},
    {"live-connection.js", live_connection_js, sizeof live_connection_js},
    {"live-worker.js", live_worker_js, sizeof live_worker_js},
    {"live.js", live_js, sizeof live_js},
    {"operations.js", operations_js, sizeof operations_js},
    {"parts.css", parts_css, sizeof parts_css},
    {"plugins.js", plugins_js, sizeof plugins_js},
    {"router.js", router_js, sizeof router_js},
    {"run-actions.js", run_actions_js, sizeof run_actions_js},
    {"run-bulk.js", run_bulk_js, sizeof run_bulk_js},
    {"run-filter.js", run_filter_js, sizeof run_filter_js},
    {"run-graph.js", run_graph_js, sizeof run_graph_js},
    {"run-history.js", run_history_js, sizeof run_history_js},
    {"run-logs.js", run_logs_js, sizeof run_logs_js},
    {"run-model.js", run_model_js, sizeof run_model_js},
    {"run-sentence.js", run_sentence_js, sizeof run_sentence_js},
    {"run-step.js", run_step_js, sizeof run_step_js},
    {"run-timeline.js", run_timeline_js, sizeof run_timeline_js},
    {"run.css", run_css, sizeof run_css},
    {"run.js", run_js, sizeof run_js},
    {"runs.js", runs_js, sizeof runs_js},
    {"schedules.js", schedules_js, sizeof schedules_js},
    {"schema-form.js", schema_form_js, sizeof schema_form_js},
    {"start.js", start_js, sizeof start_js},
    {"system.js", system_js, sizeof system_js},
    {"time-scale.js", time_scale_js, sizeof time_scale_js},
    {"timeline-rows.js", timeline_rows_js, sizeof timeline_rows_js},
    {"tokens.css", tokens_css, sizeof tokens_css},
    {"view.js", view_js, sizeof view_js},
    {"virtual.js", virtual_js, sizeof virtual_js},
    {"workflow.js", workflow_js, sizeof workflow_js},
    {"workflows.js", workflows_js, sizeof workflows_js},
};

pawl_asset pawl_dashboard_asset(size_t index) {
    static const pawl_asset none = {"", (const unsigned char *)"", 0};
    return index < sizeof assets / sizeof assets[0] ? assets[index] : none;
}
