"""Runs a server of ClickHouse from the library that chdb installs: PATH_OF_LIBRARY FOLDER CONFIG TCP_PORT HTTP_PORT.

The library has the server of `clickhouse local`, which listens when a statement says so. Node's package cannot start it, because
its connections are those of a program that embeds the engine. The server ends when its input does.
"""

import ctypes
import os
import sys
import threading

library, folder, config, tcp_port, http_port = sys.argv[1:]
# Held for as long as this process runs: the last of these statements never ends.
statements = (
    "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; "
    "SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null"
)
arguments = [
    "clickhouse",
    f"--path={folder}",
    f"--config-file={config}",
    f"--tcp_port={tcp_port}",
    f"--http_port={http_port}",
    "--listen_host=127.0.0.1",
    f"--query={statements}",
]


def end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
engine = ctypes.CDLL(library)
engine.chdb_query_cmdline.restype = ctypes.c_void_p
engine.chdb_query_cmdline.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
engine.chdb_result_error.restype = ctypes.c_char_p
engine.chdb_result_error.argtypes = [ctypes.c_void_p]
result = engine.chdb_query_cmdline(
    len(arguments), (ctypes.c_char_p * len(arguments))(*(argument.encode() for argument in arguments))
)
sys.exit(f"ClickHouse ended: {engine.chdb_result_error(result)}")
