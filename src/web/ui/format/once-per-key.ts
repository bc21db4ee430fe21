/**
 * A function that makes the value of each key once. For formatters of the browser: making one takes a hundred times as long
 * as using it, and tables format thousands of cells. Values must not change, and keys must be few.
 */
export const oncePerKey = <Key, Value>(make: (key: Key) => Value): ((key: Key) => Value) => {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
};
