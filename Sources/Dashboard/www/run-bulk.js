// One action on several runs, one after another, and what became of it.
import { api, runPath } from './api.js';
import { confirm } from './dialog.js';
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
  const first = refusals[0]?.status === 404 ? 'not available on this server' : refusals[0]?.message;
  const text = refusals.length ? `${plural(refusals.length, 'run')} not: ${first}` : '';
  return { refused: refusals.length, text: `${action}: ${plural(done, 'run')} done. ${text}` };
}
