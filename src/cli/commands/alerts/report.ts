import type { AlertDelivery } from '../../../domains/alerts/deliveries.ts';
import type { AlertRule } from '../../../domains/alerts/rules.ts';
import { formatInstant } from '../../../lib/time.ts';

const instantOrNull = (us: number | null): string | null => (us === null ? null : formatInstant(us));

/** An alert as `--json` prints it. Options that are not set are null. */
export const ruleOf = ({ addedAtUs, removedAtUs, publicUrl, url, ...rule }: AlertRule) => ({
  ...rule,
  url: url === '' ? publicUrl : url,
  addedAt: formatInstant(addedAtUs),
  removedAt: instantOrNull(removedAtUs),
});

/** An alert in words. */
export const ruleLine = (rule: AlertRule): string => {
  const { id, event, format, url, publicUrl, addedAtUs, removedAtUs } = rule;
  const options = [
    rule.experiment !== null && `experiment ${rule.experiment}`,
    rule.target !== null && `target ${rule.target}`,
    rule.rate !== null && `above ${Number((rule.rate * 100).toFixed(4))} %`,
    rule.recordsMin !== null && `from ${rule.recordsMin} records`,
    rule.windowMs !== null && `in ${rule.windowMs / 1000} s`,
    rule.silenceMs !== null && `after ${rule.silenceMs / 1000} s`,
  ].filter((text) => text !== false);
  const what = [event, ...options].join(', ');
  const removed = removedAtUs === null ? '' : `, removed ${formatInstant(removedAtUs)}`;
  return `${id}  ${what}: ${format} to ${url === '' ? publicUrl : url}, added ${formatInstant(addedAtUs)}${removed}`;
};

/** A delivery as `--json` prints it. */
export const deliveryOf = (delivery: AlertDelivery) => {
  const { ruleId, changeSeq, body, createdAtUs, nextAttemptAtUs, lastAttemptAtUs, settledAtUs, ...others } = delivery;
  const { claimedBy: _claimedBy, claimedUntilUs: _claimedUntilUs, ...fields } = others;
  return {
    ...fields,
    alert: ruleId,
    sequence: changeSeq,
    payload: JSON.parse(body) as unknown,
    createdAt: formatInstant(createdAtUs),
    nextAttemptAt: delivery.state === 'PENDING' ? formatInstant(nextAttemptAtUs) : null,
    lastAttemptAt: instantOrNull(lastAttemptAtUs),
    settledAt: instantOrNull(settledAtUs),
  };
};

/** A delivery in words. */
export const deliveryLine = (delivery: AlertDelivery): string => {
  const { id, state, ruleId, event, subject, attempts, responseStatus, lastError, createdAtUs } = delivery;
  const status = responseStatus === null ? '' : `, status ${responseStatus}`;
  const error = lastError === null ? '' : `: ${lastError.replace(/\s*\n\s*/g, ' ')}`;
  const tries = `${attempts} attempt${attempts === 1 ? '' : 's'}`;
  return `${id}  ${state}  ${event} (${subject}) of alert ${ruleId}, ${formatInstant(createdAtUs)}, ${tries}${status}${error}`;
};
