// One action on several runs: on those that were chosen, one after another, and on all that match a filter,
// which the server does.
import { api, runPath } from './api.js';
import { confirm, quoted } from './dialog.js';
import { plural } from './format.js';

export const bulkActions = [['pause', 'Pause'], ['resume', 'Resume'], ['cancel', 'Cancel'],
  ['retry', 'Retry'], ['terminate', 'Terminate']];

const meanings = {
  pause: 'What runs ends, nothing new starts.',
  resume: 'Paused runs go on.',
  cancel: 'Running steps are stopped, what was done is undone.',
  retry: 'Failed and cancelled steps are taken up again.',
  terminate: 'Running steps are killed; nothing is undone.',
};

/** Asks, acts, and answers with a sentence; undefined when it was not confirmed. */
export async function bulk(action, ids) {
  let done = 0;
  const refusals = [];
  const isConfirmed = await confirm({
    title: `${action[0].toUpperCase()}${action.slice(1)} ${plural(ids.length, 'run')}?`,
    text: meanings[action],
    verb: `${action[0].toUpperCase()}${action.slice(1)} ${plural(ids.length, 'run')}`,
    danger: action === 'terminate' || action === 'cancel',
    fields: [{ name: 'reason', label: 'Reason, for the history', required: action === 'terminate' }],
    cli: () => `pawl run ${action} ${ids[0]}${ids.length > 1 ? '   # and so on' : ''}`,
    call: async ({ reason }) => {
      for (const id of ids) {
        try {
          await api.post(`${runPath(id)}/${action}`, reason ? { reason } : {});
          done++;
        } catch (error) {
          refusals.push(error);
        }
      }
    },
  });
  if (!isConfirmed) return undefined;
  const first = refusals[0]?.message;
  const text = refusals.length ? `${plural(refusals.length, 'run')} not: ${first}` : '';
  return { refused: refusals.length, text: `${action}: ${plural(done, 'run')} done. ${text}` };
}

/** Begins a batch, once it is said how many runs it is about; undefined when it was not confirmed. */
export async function bulkAll(filter) {
  const counts = await Promise.all(bulkActions.map(async ([action]) =>
    (await api.post('/v1/batches', { filter, action, dry_run: true })).total));
  const body = ({ action, reason }) => reason ? { filter, action, reason } : { filter, action };
  return confirm({
    title: 'Act on all runs that match the filter',
    text: 'The server does it, also to runs that are not shown here, and tells how far it is under Batches.',
    verb: 'Begin',
    danger: true,
    fields: [
      { name: 'action', label: 'Action', choices: bulkActions.map(([action, title], index) =>
        [action, `${title} ${plural(counts[index], 'run')}: ${meanings[action]}`]) },
      { name: 'reason', label: 'Reason, for the history of each run' },
    ],
    cli: ({ action, reason }) => `pawl batch ${action} ${filterOptions(filter)}`
      + (reason ? ` --reason ${quoted(reason)}` : ''),
    request: (values) => ['POST', '/v1/batches', body(values)],
    call: (values) => api.post('/v1/batches', body(values)),
  });
}

function filterOptions(filter) {
  const { labels = {}, ...rest } = filter;
  const pairs = [...Object.entries(rest),
    ...Object.entries(labels).map(([name, value]) => [`label.${name}`, value])];
  return pairs.map(([name, value]) => `--filter ${quoted(`${name}=${value}`)}`).join(' ');
}
