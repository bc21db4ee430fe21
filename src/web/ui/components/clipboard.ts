import { useEffect, useRef, useState } from 'react';

/** How long a button says that it has copied. */
const confirmedMs = 2000;

/** Browsers have no clipboard API on pages without TLS, such as those of a server in the local network. */
const copyBySelection = (text: string): boolean => {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
};

const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
};

export interface Copy {
  /** For two seconds after a success. */
  readonly isCopied: boolean;
  readonly hasFailed: boolean;
  copy(text: string): void;
}

/** Copies text, on pages without TLS as well. */
export const useCopy = (): Copy => {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    isCopied: state === 'copied',
    hasFailed: state === 'failed',
    copy(text) {
      void copyText(text).then((isCopied) => {
        clearTimeout(timer.current);
        setState(isCopied ? 'copied' : 'failed');
        timer.current = setTimeout(() => setState('idle'), confirmedMs);
      });
    },
  };
};
