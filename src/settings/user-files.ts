import type { SettingDefinitions } from './setting.ts';
import { bytes, flag, integer, text } from './value-types.ts';

/** Synchronization of users and images with a folder or bucket. */
export const userFileSettings = {
  userFiles: {
    type: text,
    default: '',
    description:
      'Folder or `s3://bucket/prefix` to synchronize users from, with one CSV file and optionally one image per user; empty disables it.',
    isCommon: true,
  },
  userFilesEveryMinutes: {
    type: integer({ min: 1, max: 60 }),
    default: '10',
    description: 'Interval between synchronizations of user files, 1 to 60 minutes.',
  },
  userFilesStartMs: {
    type: integer({ min: 0 }),
    default: '10000',
    description:
      'How long a starting server waits for its first synchronization before it reports ready, in milliseconds.',
  },
  userFilesParallel: { type: integer(), default: '16', description: 'Number of user files read in parallel.' },
  userFilesTries: {
    type: integer(),
    default: '4',
    description: 'Number of attempts to read a user file or to list the source.',
  },
  userFilesRetryMs: {
    type: integer(),
    default: '200',
    description: 'Delay before the second attempt, in milliseconds; it doubles for each further attempt.',
  },
  userFilesTimeoutMs: {
    type: integer(),
    default: '30000',
    description: 'Timeout for one request to a bucket, in milliseconds.',
  },
  imageBytesMax: { type: bytes, default: '10MB', description: 'Maximum size of the image of a user.' },
  imagePixelsMax: { type: integer(), default: '50000000', description: 'Maximum number of pixels of an image.' },
} satisfies SettingDefinitions;

/** The S3 server of `userFiles`. */
export const s3Settings = {
  s3Endpoint: { type: text, default: '', description: 'URL of the S3 server; empty uses AWS.' },
  s3Region: { type: text, default: 'us-east-1', description: 'Region for which requests to S3 are signed.' },
  s3AccessKeyId: { type: text, default: '', description: 'Access key id; empty for a public bucket.' },
  s3SecretAccessKey: {
    type: text,
    default: '',
    description:
      'Secret of the access key. Prefer the environment variable: other programs can see the options of a process.',
    isSecret: true,
  },
  s3PathStyle: {
    type: flag,
    default: 'true',
    description:
      'Whether the path names the bucket (`true`: MinIO, Ceph) or the host name does (`false`: AWS virtual hosts).',
  },
} satisfies SettingDefinitions;
