import { type Command as CommanderCommand, InvalidArgumentError, Option } from 'commander';
import {
  importOptionDescriptions as descriptions,
  type ExplicitType,
  importOptionTexts,
  type OptionText,
} from '../../../lib/import-option-texts.ts';

/** Parses one value; the error names the option and what it accepts. */
const one =
  <T>(parse: (text: string) => OptionText<T>) =>
  (text: string): T => {
    const result = parse(text);
    if (result.expected === undefined) return result.value;
    throw new InvalidArgumentError(`It must be ${result.expected}.`);
  };

/** Parses one of several values and adds what it holds to those before. */
const several = <T>(parse: (text: string) => OptionText<T[]>) => {
  const parseOne = one(parse);
  return (text: string, before: readonly T[] = []): readonly T[] => [...before, ...parseOne(text)];
};

/** Adds the options that say how files are read; their values have the names and types of `ImportReadOptions`. */
export const withReadOptions = (command: CommanderCommand): CommanderCommand => {
  const { delimiter, encoding, headerLine, decimal, dateOrder, nullMarkers, types } = importOptionTexts;
  return command
    .addOption(new Option('--delimiter <delimiter>', descriptions.delimiter).argParser(one(delimiter)))
    .addOption(new Option('--encoding <encoding>', descriptions.encoding).argParser(one(encoding)))
    .addOption(new Option('--header-line <line>', descriptions.headerLine).argParser(one(headerLine)))
    .addOption(new Option('--decimal <sign>', descriptions.decimal).argParser(one(decimal)))
    .addOption(new Option('--date-order <order>', descriptions.dateOrder).argParser(one(dateOrder)))
    .addOption(new Option('--null-markers <text...>', descriptions.nullMarkers).argParser(several(nullMarkers)))
    .addOption(
      new Option('--type, --types <column=type...>', 'types of dataset columns that are not inferred').argParser(
        several<ExplicitType>(types),
      ),
    );
};
