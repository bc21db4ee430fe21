import type { Config } from '../config.ts';
import type { Principal } from '../domains/api-keys.ts';
import { DomainError } from '../errors.ts';
import { type BodyLimits, type HttpRequest, mediaTypeOf, RequestBody, textOf } from '../http/request.ts';
import { preview } from '../lib/problems.ts';
import { parametersOfForm, parametersOfJson, type RequestParameters } from './parameters.ts';

const formType = 'application/x-www-form-urlencoded';
export const multipartType = 'multipart/form-data';
const textType = 'application/graphql';
const jsonTypes: readonly string[] = ['application/json', 'application/graphql+json'];

const knownTypes = [jsonTypes[0], formType, multipartType, textType].join(', ');

/** Whether a body is the JSON object of a request. */
export const isJson = (contentType: string | undefined): boolean =>
  contentType === 'application/json' || jsonTypes.includes(mediaTypeOf(contentType));

/** A charset other than UTF-8, of which ASCII is a part. */
const otherCharset = /;\s*charset\s*=\s*(?!"?(?:utf-?8|us-ascii)"?\s*(?:;|$))([^;]*)/i;

/** Throws UNSUPPORTED_MEDIA_TYPE for a body that is no request, or in another charset than UTF-8. */
export const checkContentType = (contentType: string | undefined): void => {
  if (contentType === 'application/json') return;
  const type = mediaTypeOf(contentType);
  const unsupported = (message: string) => new DomainError('UNSUPPORTED_MEDIA_TYPE', message);
  if (type === '') throw unsupported(`content-type is missing: a request must be sent as ${knownTypes}`);
  if (![...jsonTypes, formType, multipartType, textType].includes(type))
    throw unsupported(`a request must be sent as ${knownTypes}, not ${preview(type)}`);
  const [, charset] = otherCharset.exec(contentType ?? '') ?? [];
  if (charset !== undefined)
    throw unsupported(`the charset of a request must be utf-8, not ${preview(charset.trim())}`);
};

/**
 * The whole body of a request. Throws TOO_LARGE, or BAD_REQUEST when it ends early; UNAUTHENTICATED for a caller without access
 * whose body is larger than that of any operation that needs none.
 */
export const readBytes = (request: HttpRequest, config: Config, caller: Principal | null): Promise<Buffer> => {
  const bytesMax = caller === null ? Math.min(config.publicBodyBytesMax, config.bodyBytesMax) : config.bodyBytesMax;
  const limits: BodyLimits = { bytesMax, decodedBytesMax: config.decodedBodyBytesMax, input: config };
  const body = new RequestBody(request, limits, () => undefined);
  return caller === null ? publicBytes(body, bytesMax) : body.bytes();
};

const publicBytes = async (body: RequestBody, bytesMax: number): Promise<Buffer> => {
  try {
    return await body.bytes();
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'TOO_LARGE')) throw error;
    throw new DomainError(
      'UNAUTHENTICATED',
      `a request over ${bytesMax} bytes needs a key that is known and not revoked (setting publicBodyBytesMax)`,
    );
  }
};

/**
 * The parameters in a body of one of the types above except multipart. Throws BAD_REQUEST, also for what is not UTF-8;
 * TOO_LARGE and LIMIT_EXCEEDED before it is parsed.
 */
export const parametersIn = (bytes: Buffer, contentType: string | undefined, config: Config): RequestParameters => {
  if (bytes.length > config.queryBytesMax + config.inputBytesMax)
    throw new DomainError('TOO_LARGE', `the variables are over ${config.inputBytesMax} bytes (setting inputBytesMax)`);
  const text = textOf(bytes);
  if (contentType === 'application/json') return parametersOfJson(text, config);
  const type = mediaTypeOf(contentType);
  if (type === formType) return parametersOfForm(text, config);
  if (type === textType)
    return { query: text, documentId: null, operationName: null, variables: null, extensions: null };
  return parametersOfJson(text, config);
};
