/**
 * A `ref` of a part that the address may name: it is brought into view once it is there. The router looks for it when the
 * page is drawn, which is before the figures above it have come.
 */
export const hashTarget = (element: HTMLElement | null): void => {
  if (element?.id && location.hash === `#${element.id}`) element.scrollIntoView();
};
