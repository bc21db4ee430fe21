/** Whether another process with this id runs. This process's own id was stored by an earlier one: ids repeat after a container restart. */
export const isOtherProcessAlive = (processId: number): boolean => {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
