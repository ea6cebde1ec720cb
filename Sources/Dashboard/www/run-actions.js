// What can be done to a run or a step: each with its confirmation and the same from a terminal.
import { api, runPath, stepPath } from './api.js';
import { h } from './dom.js';
import { confirm, quoted, toast } from './dialog.js';
import { isTerminal, plain } from './format.js';
import { navigate } from './router.js';
import { parse } from './json.js';

const reason = { name: 'reason', label: 'Reason, for the history' };
const flag = (name, value) => (value ? ` --${name} ${quoted(value)}` : '');

const runActions = [
  {
    name: 'pause', title: 'Pause', text: 'What runs ends, nothing new starts, timers are held.',
    applies: (run) => !isTerminal(run.status) && !['paused', 'cancelling',
      'compensating'].includes(run.status),
  },
  {
    name: 'freeze', title: 'Freeze', path: 'pause', more: { freeze: true }, cli: 'pause --freeze',
    text: 'The processes of running steps are stopped, their clocks with them, and nothing new starts, '
      + 'until the run is resumed. Cancelled meanwhile, they are killed.',
    applies: (run) => !isTerminal(run.status) && !['cancelling', 'compensating'].includes(run.status)
      && !run.waiting_for?.some(({ reason: cause, text }) => cause === 'paused' && /frozen/.test(text)),
  },
  { name: 'resume', title: 'Resume', text: 'The run goes on.', applies: (run) => run.status === 'paused' },
  {
    name: 'cancel', title: 'Cancel', danger: true,
    text: 'Running steps are stopped, what was done is undone, then the run ends as cancelled.',
    applies: (run) => !isTerminal(run.status) && run.status !== 'cancelling',
  },
  {
    name: 'terminate', title: 'Terminate', danger: true, required: true,
    text: 'Running steps are killed and the run ends at once. Nothing is undone.',
    applies: (run) => !isTerminal(run.status),
  },
  {
    name: 'retry', title: 'Retry', primary: true,
    text: 'The failed and cancelled steps are taken up again, in this run and with this version; '
      + 'what succeeded stays. A failed compensation is continued.',
    applies: (run) => ['failed', 'cancelled'].includes(run.status) && run.compensation !== 'completed',
  },
];

/** The buttons for a run as it is now. */
export function runButtons(run, done) {
  const buttons = runActions.filter((action) => action.applies(run)).map((action) =>
    h('button', { class: action.danger ? 'danger' : action.primary ? 'primary' : '', onclick: () =>
      act(run, action, done) }, action.title));
  if (isTerminal(run.status)) buttons.push(h('button', { onclick: () => rerun(run) }, 'Rerun…'));
  if (!isTerminal(run.status)) buttons.push(h('button', { onclick: () => signal(run, '', done) }, 'Signal…'));
  return buttons;
}

async function act(run, action, done) {
  const path = `${runPath(run.id)}/${action.path ?? action.name}`;
  const body = ({ reason: text }) => ({ ...action.more, ...(text ? { reason: text } : {}) });
  const result = await confirm({
    title: `${action.title} this run?`, text: action.text, verb: `${action.title} run`, danger: action.danger,
    fields: [{ ...reason, required: action.required }],
    cli: (values) => `pawl run ${action.cli ?? action.name} ${run.id}${flag('reason', values.reason)}`,
    request: (values) => ['POST', path, body(values)],
    call: (values) => api.post(path, body(values)),
  });
  if (!result) return;
  toast(`${action.title}: done.`);
  done();
}

async function rerun(run) {
  const path = `${runPath(run.id)}/rerun`;
  const body = (values) => ({
    ...(values.from_step ? { from_step: values.from_step } : {}),
    ...(values.input ? { input: parse(values.input) } : {}),
    ...(values.version ? { version: Number(values.version) } : {}),
  });
  const fresh = await confirm({
    title: 'Run it again?', verb: 'Start the new run', primary: true,
    text: 'A new run begins. Without a step it starts from the beginning; with one, all results but those of '
      + 'that step and of what follows it are kept.',
    fields: [
      { name: 'from_step', label: 'From step', placeholder: 'the beginning' },
      { name: 'version', label: 'Version', placeholder: 'the newest' },
      { name: 'input', label: 'Input as JSON', placeholder: 'the same', multiline: true },
    ],
    cli: (values) => `pawl run rerun ${run.id}${flag('from-step', values.from_step)}`
      + `${flag('version', values.version)}`,
    call: (values) => api.post(path, body(values)),
  });
  if (fresh?.id) navigate(`/runs/${fresh.id}`);
}

/** Sends a signal; its name is known where a step waits for one. */
export async function signal(run, name, done) {
  const path = (values) => `${runPath(run.id)}/signals/${encodeURIComponent(values.name)}`;
  const sent = await confirm({
    title: 'Send a signal', verb: 'Send', primary: true,
    text: 'A step that waits for it goes on. One that comes before its step is kept.',
    fields: [
      { name: 'name', label: 'Name', required: true, value: name },
      { name: 'payload', label: 'Payload as JSON', multiline: true, value: '{}' },
    ],
    cli: (values) => `echo ${quoted(values.payload)} | `
      + `pawl run signal ${run.id} ${quoted(values.name)} --input -`,
    call: (values) => api.post(path(values), parse(values.payload || 'null')),
  });
  if (!sent) return;
  toast('The signal was sent.');
  done();
}

const stepActions = [
  {
    name: 'now', title: 'Go on now', text: 'The wait ends at once: back-off, sleep or snooze.',
    applies: ({ status }, reason) => status === 'backoff'
      || (status === 'waiting' && !['signal', 'callback', 'child'].includes(reason)),
  },
  {
    name: 'fail', title: 'Fail it', danger: true,
    text: 'The running attempt is stopped and counts as failed; retries and handlers go on from there.',
    applies: ({ status }, reason) => status === 'running' || (status === 'waiting' && reason === 'callback'),
  },
  {
    name: 'resolve', title: 'Count as done', hasOutput: true,
    text: 'The step, or its failed compensation, counts as succeeded with the output given here.',
    // After the run's end also what failed for good: a step, or a compensation under its own path.
    applies: ({ status, path }, _, run) => status === 'backoff' || (isTerminal(run.status)
      && run.status !== 'succeeded' && (run.compensation === 'none' ? status === 'failed'
      : run.compensation === 'failed' && status === 'compensation_failed' && path.endsWith('!'))),
  },
];

/** The buttons for a step as it is now. */
export function stepButtons(run, step, done) {
  const wait = (run.waiting_for ?? []).find((one) => one.step === step.path);
  return stepActions.filter((action) => action.applies(step, wait?.reason, run)).map((action) => h('button', {
    class: action.danger ? 'danger' : '', onclick: () => actOnStep(run, step, action, done),
  }, action.title));
}

async function actOnStep(run, step, action, done) {
  const path = `${stepPath(run.id, step.path)}/${action.name}`;
  const body = (values) => ({
    ...(values.reason ? { reason: values.reason } : {}),
    ...(values.output ? { output: parse(values.output) } : {}),
  });
  const result = await confirm({
    title: `${action.title}: ${plain(step.path, 80)}`, text: action.text, verb: action.title,
    danger: action.danger,
    fields: [reason, ...(action.hasOutput ? [{ name: 'output', label: 'Output as JSON', multiline: true }]
      : [])],
    cli: (values) => `pawl step ${action.name} ${run.id} ${quoted(step.path)}`
      + flag('output', values.output) + flag('reason', values.reason),
    call: (values) => api.post(path, body(values)),
  });
  if (!result) return;
  toast(`${action.title}: done.`);
  done();
}
