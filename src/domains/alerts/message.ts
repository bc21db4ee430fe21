import { formatInstant } from '../../lib/time.ts';
import type { AlertFormat } from './events.ts';

/** Values that stand behind a sentence, by name. */
export type Figures = Readonly<Record<string, unknown>>;

/** A message before it has a format. */
export interface AlertMessage {
  /** The event of the rule, or `alert.test`. */
  readonly type: string;
  readonly atUs: number;
  readonly ruleId: number;
  readonly state: 'OK' | 'BROKEN';
  readonly subject: string;
  /** One sentence. */
  readonly sentence: string;
  readonly figures: Figures;
  /** The sequence number of the record of the change; null for a test. */
  readonly sequence: number | null;
  /** Where to read more. */
  readonly link: string;
}

/** The body of a message. */
export const bodyOf = (message: AlertMessage, format: AlertFormat): string =>
  JSON.stringify(format === 'slack' ? slackOf(message) : genericOf(message));

/** The payload that Standard Webhooks recommends: type, timestamp, data. */
const genericOf = ({ type, atUs, ruleId, state, subject, sentence, figures, sequence, link }: AlertMessage) => ({
  type,
  timestamp: formatInstant(atUs),
  data: { alert: ruleId, state, subject, message: sentence, figures, sequence, link },
});

/** Limits of Slack: of the text of a section, of its fields, and of the text of a field. */
const slackLimits = { section: 3000, fields: 10, field: 2000 };

/** An incoming webhook of Slack: `text` for notifications, `blocks` for the channel. */
const slackOf = ({ type, state, subject, sentence, figures, link }: AlertMessage) => {
  const title = type === 'alert.test' ? 'Test' : state === 'BROKEN' ? `Alert: ${type}` : `Recovered: ${type}`;
  const fields = Object.entries(figures)
    .filter(([, value]) => typeof value !== 'object')
    .slice(0, slackLimits.fields)
    .map(([name, value]) => mrkdwn(`*${escaped(name)}*\n${escaped(String(value))}`, slackLimits.field));
  return {
    text: shortened(`${title} (${escaped(subject)}): ${escaped(sentence)}`, slackLimits.section),
    blocks: [
      {
        type: 'section',
        text: mrkdwn(`*${title}* (${escaped(subject)})\n${escaped(sentence)}`, slackLimits.section),
      },
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      { type: 'section', text: mrkdwn(`<${link}|Open>`, slackLimits.section) },
    ],
  };
};

const mrkdwn = (text: string, lengthMax: number) => ({ type: 'mrkdwn', text: shortened(text, lengthMax) });

const shortened = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1).toWellFormed()}…`;

/** Slack's markup has three special characters. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
