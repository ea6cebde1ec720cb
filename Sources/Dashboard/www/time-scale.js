// A time axis on which long idle stretches take no room.
import { duration } from './format.js';

/** Idle for more than this share of the whole is collapsed. */
const idleShare = 0.1;
/** Shorter silences are no silences. */
const leastIdle = 1000;
/** What a collapsed stretch takes, in percent. */
const gapWidth = 3;

export class TimeScale {
  /** `busy` are [from, to] in which something happened. */
  constructor(from, to, busy) {
    this.from = from;
    this.to = to;
    this.segments = [];
    const idle = TimeScale.idle(from, to, busy).slice(0, 10);
    const removed = idle.reduce((sum, [start, end]) => sum + end - start, 0);
    const shown = Math.max(1, to - from - removed);
    const room = 100 - idle.length * gapWidth;
    let at = 0;
    let last = from;
    for (const [start, end] of [...idle, [to, to]]) {
      const width = ((start - last) / shown) * room;
      this.segments.push({ from: last, to: start, at, width });
      at += width;
      if (end > start) {
        this.segments.push({ from: start, to: end, at, width: gapWidth, isGap: true });
        at += gapWidth;
      }
      last = end;
    }
  }

  static idle(from, to, busy) {
    const limit = Math.max((to - from) * idleShare, leastIdle);
    const sorted = busy.filter(([start]) => start !== null).sort((one, other) => one[0] - other[0]);
    const found = [];
    let last = from;
    for (const [start, end] of sorted) {
      if (start - last > limit && last > from) found.push([last, start]);
      last = Math.max(last, end);
    }
    return found;
  }

  get gaps() { return this.segments.filter(({ isGap }) => isGap); }

  /** Where an instant is, in percent from the left. */
  place(instant) {
    const time = Math.max(this.from, Math.min(this.to, instant));
    for (const { from, to, at, width } of this.segments) {
      if (time <= to) return at + (to > from ? ((time - from) / (to - from)) * width : 0);
    }
    return 100;
  }

  /** Marks along the axis: round distances from the beginning, and the length of what is collapsed. */
  ticks() {
    const whole = this.segments.filter(({ isGap }) => !isGap).reduce((sum, one) => sum + one.to - one.from,
      0);
    const step = TimeScale.round(whole / 6);
    const ticks = [];
    for (let time = 0; time <= this.to - this.from; time += step) {
      const isHidden = this.gaps.some(({ from, to }) => this.from + time > from && this.from + time < to);
      const at = this.place(this.from + time);
      if (!isHidden && at < 95 && !(ticks.at(-1)?.at > at - 7)) ticks.push({ at,
        text: `+${duration(time)}` });
      if (ticks.length > 40) break;
    }
    const gaps = this.gaps.map(({ at, from, to }) => ({ at, text: `⋯ ${duration(to - from)}`, isGap: true }));
    return [...ticks.filter(({ at }) => gaps.every((gap) => Math.abs(gap.at - at) > 6)), ...gaps];
  }

  static round(milliseconds) {
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5,
      12e5,
      18e5, 36e5, 72e5, 216e5, 432e5, 864e5];
    return steps.find((step) => step >= milliseconds) ?? Math.ceil(milliseconds / 864e5) * 864e5;
  }
}
