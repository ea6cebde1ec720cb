// A cron expression in words; what it cannot say it leaves to the expression itself.

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const months = ['', 'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',
  'October',
  'November', 'December'];
const macros = { '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *', '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *' };
const isNumber = (text) => /^\d{1,2}$/.test(text);
const pad = (text) => text.padStart(2, '0');

/** `30 2 * * 1-5` is “at 02:30, Monday to Friday”; '' for what has no simple words. */
export function cronWords(expression) {
  const fields = (macros[expression.trim()] ?? expression).trim().split(/\s+/);
  if (fields.length !== 5) return '';
  const [minute, hour, day, month, weekday] = fields;
  const parts = [clock(minute, hour), dayOf(day), monthOf(month), weekdayOf(weekday)];
  // With both days cron takes either, which reads otherwise than it is.
  if (parts.includes(null) || (day !== '*' && weekday !== '*')) return '';
  return parts.filter(Boolean).join(', ');
}

function clock(minute, hour) {
  const every = /^\*\/(\d+)$/.exec(minute);
  if (every && hour === '*') return `every ${every[1]} minutes`;
  if (minute === '*' && hour === '*') return 'every minute';
  if (isNumber(minute) && hour === '*') return minute === '0' ? 'every hour'
    : `at minute ${minute} of every hour`;
  const hours = /^\*\/(\d+)$/.exec(hour);
  if (isNumber(minute) && hours) return `every ${hours[1]} hours at minute ${minute}`;
  if (isNumber(minute) && hour.split(',').every(isNumber)) {
    return `at ${hour.split(',').map((one) => `${pad(one)}:${pad(minute)}`).join(' and ')}`;
  }
  return null;
}

const dayOf = (text) => (text === '*' ? '' : isNumber(text) ? `on day ${text}` : null);
const monthOf = (text) => (text === '*' ? '' : isNumber(text) && months[Number(text)]
  ? `in ${months[Number(text)]}` : null);

function weekdayOf(text) {
  if (text === '*') return '';
  const range = /^([0-7])-([0-7])$/.exec(text);
  if (range) return `${days[range[1]]} to ${days[range[2]]}`;
  return /^[0-7](,[0-7])*$/.test(text) ? text.split(',').map((one) => days[one]).join(' and ') : null;
}
