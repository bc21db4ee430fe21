const words = [
  ...[
    'undefined',
    'null',
    'none',
    'nil',
    'nan',
    'n/a',
    'na',
    'unknown',
    'anonymous',
    'anon',
    'guest',
    'empty',
    'missing',
  ],
  ...[
    'test',
    'user',
    'userid',
    'user_id',
    'id',
    'default',
    'true',
    'false',
    'not set',
    '(not set)',
    '(none)',
    '(null)',
  ],
];
const others = ['0', '-1', '-', '.', '?', '{}', '[]', '[object Object]', '$user_id', '{{user_id}}', '%USER_ID%'];
const uuids = ['0', 'f', 'F'].map((digit) => '8-4-4-4-12'.replaceAll(/\d+/g, (length) => digit.repeat(Number(length))));

/** Ids that programs send when they know no user. Their events all count as those of one user. */
export const placeholderUserIds: readonly string[] = [
  ...new Set([
    ...words.flatMap((word) => [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`]),
    ...['NaN', 'Nan', 'notSet', 'userId', 'UserId'],
    ...others,
    ...uuids,
    ...uuids.map((uuid) => uuid.replaceAll('-', '')),
  ]),
];
