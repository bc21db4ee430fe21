import { Argument, InvalidArgumentError, Option } from 'commander';
import { type Config, readConfig, type Setting, settings } from '../../../config.ts';
import type { AlertDelivery } from '../../../domains/alerts/deliveries.ts';
import { type AlertEvent, type AlertFormat, alertEvents, alertFormats } from '../../../domains/alerts/events.ts';
import type { Domains } from '../../../domains.ts';
import { DomainError } from '../../../errors.ts';
import { importTargets } from '../../../import-targets.ts';
import type { Command } from '../../command.ts';
import { withData, withExistingData } from '../../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../../exit.ts';
import { type DataOptions, settingOption, withDataOptions } from '../../options.ts';
import type { Terminal } from '../../terminal.ts';
import { deliveryLine, deliveryOf, ruleLine, ruleOf } from './report.ts';

/** The options of a new alert, by their names in the domain. */
interface RuleOptions {
  readonly when?: AlertEvent;
  readonly url?: string;
  readonly format?: AlertFormat;
  readonly secret?: string;
  readonly experiment?: string;
  readonly target?: string;
  readonly rate?: number;
  readonly records?: number;
  readonly window?: string;
  readonly silence?: string;
}

interface Options extends DataOptions, RuleOptions {
  readonly alertAllow?: string;
  readonly state?: 'pending' | 'delivered' | 'failed';
}

interface ActionRequest {
  readonly alerts: Domains['alerts'];
  /** 0 for an action without one. */
  readonly id: number;
  readonly options: Options;
  readonly terminal: Terminal;
}

type Action = (request: ActionRequest) => Promise<ExitCode>;

const alertAllow = settings.find(({ name }) => name === 'alertAllow') as Setting;

const add: Action = async ({ alerts, options, terminal }) => {
  const { when, url = '', format = 'json', records: recordsMin, ...others } = options;
  const rule = { ...others, when: when as AlertEvent, url, format, recordsMin };
  // The server that sends has settings of its own, so an address that is not allowed here may be allowed there.
  const added = await alerts.add(rule, { sentBy: null, refusesAddress: false }).catch((error: unknown) => {
    if (!(error instanceof DomainError && error.code === 'VALIDATION_FAILED')) throw error;
    throw new CommandError(exitUsageError, error.message.replaceAll('recordsMin', 'records'));
  });
  const { secret } = added;
  await terminal.print(
    ...(options.json
      ? [JSON.stringify({ ...ruleOf(added.rule), secret })]
      : [ruleLine(added.rule), ...(secret === null ? [] : [`secret: ${secret}`])]),
  );
  if (secret !== null) terminal.printError('asof: this is the only time that the secret is shown');
  if (!added.isAddressAllowed)
    terminal.printError(
      `asof: ${new URL(url).host} is not a public address: only a server with --alert-allow ${new URL(url).host} sends there`,
    );
  return exitSuccess;
};

const list: Action = async ({ alerts, options, terminal }) => {
  const rules = alerts.rules.active();
  await terminal.print(...(options.json ? [JSON.stringify(rules.map(ruleOf))] : rules.map(ruleLine)));
  return exitSuccess;
};

const remove: Action = async ({ alerts, id, options, terminal }) => {
  const rule = await alerts.remove(id, null);
  await terminal.print(options.json ? JSON.stringify(ruleOf(rule)) : ruleLine(rule));
  return exitSuccess;
};

const test: Action = async ({ alerts, id, options, terminal }) => {
  const delivery = await alerts.test(id);
  await terminal.print(options.json ? JSON.stringify(deliveryOf(delivery)) : deliveryLine(delivery));
  return delivery.state === 'DELIVERED' ? exitSuccess : exitProblems;
};

const pageRows = 1000;

/** The newest first, page by page, so that any number can be listed. */
const deliveries: Action = async ({ alerts, id, options, terminal }) => {
  const state = options.state?.toUpperCase() as AlertDelivery['state'] | undefined;
  const match = { ...(id === 0 ? {} : { ruleId: id }), ...(state ? { state } : {}) };
  let after: number | undefined;
  let isFirst = true;
  for (;;) {
    const { rows, hasAfter } = alerts.deliveries.page(match, { limit: pageRows, fromEnd: false, after });
    for (const row of rows) {
      await terminal.print(
        options.json ? `${isFirst ? '[' : ','}${JSON.stringify(deliveryOf(row))}` : deliveryLine(row),
      );
      isFirst = false;
    }
    after = rows.at(-1)?.id;
    if (!hasAfter || !terminal.isOutputOpen) break;
  }
  if (options.json) await terminal.print(isFirst ? '[]' : ']');
  return exitSuccess;
};

const actions: Readonly<Record<string, Action>> = { add, list, remove, test, deliveries };

const ruleOptions: readonly (keyof RuleOptions)[] = [
  ...(['when', 'url', 'format', 'secret', 'experiment', 'target', 'rate', 'records', 'window', 'silence'] as const),
];

/** Throws CommandError naming options that cannot be combined. */
const checkUsage = (action: string, id: string | undefined, options: Options): void => {
  const refuseUnless = (holds: boolean, message: string): void => {
    if (!holds) throw new CommandError(exitUsageError, message);
  };
  refuseUnless(id === undefined || /^[1-9]\d{0,14}$/.test(id), `${id} is not the number of an alert`);
  if (action === 'add' || action === 'list') refuseUnless(id === undefined, `alerts ${action} takes no number`);
  if (action === 'remove' || action === 'test')
    refuseUnless(id !== undefined, `alerts ${action} needs the number of an alert, as alerts list prints it`);
  const ofAdd = ruleOptions.find((name) => options[name] !== undefined);
  if (action !== 'add') refuseUnless(ofAdd === undefined, `--${ofAdd} is for alerts add`);
  else refuseUnless(options.when !== undefined && options.url !== undefined, 'alerts add needs --when and --url');
  if (action === 'add')
    refuseUnless(
      /^https?:/i.test(options.url ?? '') && URL.canParse(options.url ?? ''),
      '--url must be an http or https URL',
    );
  refuseUnless(action === 'deliveries' || options.state === undefined, '--state is for alerts deliveries');
};

const readNumber = (text: string): number => {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
};

const examples = `
Events:
${alertEvents.map(({ name, meaning }) => `  ${name.padEnd(17)} ${meaning}`).join('\n')}

Examples:
  asof alerts add --when experiment.broken --url https://hooks.example.com/asof
  asof alerts add --when experiment.broken --experiment checkout --format slack --url https://hooks.slack.com/services/…
  asof alerts add --when rejects.rate --target transactions --rate 0.02 --records 500 --window 1h --url https://…
  asof alerts add --when source.silent --target events --silence 30m --url https://…
  asof alerts test 1

An alert is sent once when its event happens and once when it is over, by a server that runs on the data folder. Running
servers apply changes within the setting followMs. A test is sent by the running server, with its settings, or without one
by this command; its exit code is 1 when the message was not delivered. add --json also prints the secret of the signature.
list --json prints a list of {"id", "event", "format", "url", "experiment", "target", "rate", "recordsMin", "windowMs",
"silenceMs", "addedAt", "addedBy", "removedAt", "removedBy"}; test and deliveries print {"id", "messageId", "alert", "event",
"subject", "sequence", "state", "attempts", "responseStatus", "lastError", "payload", "createdAt", "nextAttemptAt",
"lastAttemptAt", "settledAt"}.`;

/** `asof alerts`: manages alerts, whether or not a server runs on the same data folder. */
export const alertsCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('alerts'))
      .summary('Report broken experiments, failed imports and the like to a hook.')
      .description('Add, list, remove or test alerts, or list their deliveries.')
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
      .argument('[number]', 'number of an alert, as list prints it')
      .addOption(new Option('--when <event>', 'what to report').choices(alertEvents.map(({ name }) => name)))
      .option('--url <url>', 'where to send messages, by POST')
      .addOption(new Option('--format <format>', 'format of the messages (default: "json")').choices(alertFormats))
      .option('--secret <secret>', 'secret of the signature of JSON (default: a new one)')
      .option('--experiment <key>', 'only this experiment (default: all that run)')
      .addOption(
        new Option('--target <target>', 'only records of this target').choices(
          importTargets.map(({ command }) => command),
        ),
      )
      .addOption(
        new Option('--rate <share>', 'share of rejected records, 0 to 1 (default: alertRejectRate)').argParser(
          readNumber,
        ),
      )
      .addOption(
        new Option('--records <count>', 'judge no fewer records than these (default: alertRecordsMin)').argParser(
          readNumber,
        ),
      )
      .option('--window <duration>', 'time over which records of the API count, like 1h (default: alertWindowMs)')
      .option('--silence <duration>', 'how long nothing may arrive, like 1h (default: alertSilenceMs)')
      .addOption(
        new Option('--state <state>', 'only deliveries in this state').choices(['pending', 'delivered', 'failed']),
      )
      .addOption(settingOption(alertAllow, `${alertAllow.option} <hosts>`))
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [action = '', id] = invoked.args;
    const options = invoked.opts<Options>();
    checkUsage(action, id, options);
    const config = configOf(options, terminal);
    const work = action === 'add' ? withData : withExistingData;
    return work(config, async ({ domains: { alerts } }) => {
      const request = { alerts, id: Number(id ?? 0), options, terminal };
      return (await actions[action]?.(request)) ?? exitUsageError;
    });
  },
};

const configOf = ({ data, alertAllow: hosts }: Options, { environment }: Terminal): Config =>
  readConfig({ data, ...(hosts ? { alertAllow: hosts } : {}) }, environment);
