import { Image, Skeleton, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { headersOf, useSession } from '../data/session.tsx';

interface UserImageProps {
  /** Its address on this server. */
  readonly url: string;
  readonly alt: string;
  /** Pixels of the image itself. */
  readonly width: number;
  readonly height: number;
}

const longestSide = 220;

/** An image that the server hands out only with the key of the person, which an `img` element cannot send. */
export function UserImage({ url, alt, width, height }: UserImageProps) {
  const { apiKey } = useSession();
  const [image, setImage] = useState<{ readonly address: string } | 'failed' | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    let address: string | undefined;
    // The path only: behind a proxy the server may know itself by another name.
    fetch(new URL(url, location.href).pathname, { headers: headersOf({ apiKey }), signal: abort.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(String(response.status));
        address = URL.createObjectURL(await response.blob());
        setImage({ address });
      })
      .catch(() => abort.signal.aborted || setImage('failed'));
    return () => {
      abort.abort();
      if (address !== undefined) URL.revokeObjectURL(address);
    };
  }, [url, apiKey]);
  const scale = Math.min(1, longestSide / Math.max(width, height, 1));
  const size = { w: Math.round(width * scale), h: Math.round(height * scale) };
  if (image === 'failed') return <Text c="dimmed">The image cannot be loaded.</Text>;
  if (image === null) return <Skeleton {...size} />;
  return <Image src={image.address} alt={alt} {...size} fit="contain" radius="sm" />;
}
