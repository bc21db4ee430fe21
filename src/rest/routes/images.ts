import { z } from '@hono/zod-openapi';
import { DomainError } from '../../errors.ts';
import { isCached } from '../../http/etag.ts';
import { imageName } from '../parameters.ts';
import { ifNoneMatch, notModified } from '../revalidation.ts';
import { defineRoute } from '../route.ts';

/** Browsers treat the response as an image and nothing else. */
const inert = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
};

export const image = defineRoute({
  operationId: 'getImage',
  tag: 'Users',
  path: '/images/{name}',
  subject: 'content',
  summary: 'The image of a user, by the SHA-256 of its bytes',
  description: 'The image at this path never changes; it exists as long as a user has it.',
  params: { name: imageName },
  headers: [ifNoneMatch],
  furtherResponses: [notModified],
  errorCodes: ['NOT_FOUND', 'DATA_DAMAGED'],
  response: {
    schema: z.string(),
    type: 'image/png',
    others: { 'image/jpeg': z.string() },
    headers: { etag: 'Changes with the content.' },
  },
  async handle({ name: { sha256, contentType } }, { userFiles, images }, { header }) {
    const found = userFiles.imageOfContent(sha256);
    if (found?.contentType !== contentType) throw new DomainError('NOT_FOUND', 'no user has this image');
    const etag = `"${sha256}"`;
    const headers = { ...inert, 'content-type': contentType, etag };
    if (isCached(etag, header('if-none-match'))) return new Response(null, { status: 304, headers });
    const bytes = await images.bytesOf(sha256);
    return new Response(new Uint8Array(bytes), { headers: { ...headers, 'content-length': String(bytes.length) } });
  },
});
