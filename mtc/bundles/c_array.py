"""Programs as C arrays, for boards without files: sources that any C99 compiler takes, with an example beside them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mtc.bundles.archives import Entry, write_zip
from mtc.bundles.bundle import Bundle, Program, moved
from mtc.bundles.format import Format
from mtc.diagnostics import BAD_PACKAGE, Diagnostic
from mtc.program import reader

_BYTES_IN_A_LINE = 23
_HEADER = """\
/* A program of mtc in memory: give both to mtc_program_load_memory, which uses aligned constants where they lie. */
#ifndef {guard}
#define {guard}

#include <stddef.h>

#ifdef __cplusplus
extern "C" {{
#endif

extern const unsigned char {symbol}[];
extern const size_t {symbol}_size;

#ifdef __cplusplus
}}
#endif

#endif
"""
# C99 has no word for alignment. Without one the runtime makes an aligned copy.
_SOURCE = """\
#include "{name}.h"

#if defined(__GNUC__)
#define ALIGNED __attribute__((aligned(64)))
#elif defined(_MSC_VER)
#define ALIGNED __declspec(align(64))
#else
#define ALIGNED
#endif

const size_t {symbol}_size = {size};
ALIGNED const unsigned char {symbol}[] = {{
"""
_EXAMPLE = """\
/* Runs a program that is compiled in, on the sample that it carries or else on zeros, and prints what comes out. */
#include <mtc/mtc.h>
#include <stdio.h>
#include <stdlib.h>

#include "{name}.h"

static const size_t kBytes[] = {{4, 8, 2, 2, 1, 1, 2, 4, 8, 1}}; /* of an element, by mtc_dtype */

static int Failed(const char* what, const mtc_error* error) {{
  fprintf(stderr, "%s: %s\\n", what, error->message);
  return 1;
}}

/* Zeros for an input; where the caller decides a size, the smallest that the program takes. */
static mtc_tensor Zeros(const mtc_signature* input) {{
  mtc_tensor tensor = {{0}};
  uint32_t i;
  tensor.dtype = input->dtype;
  tensor.rank = input->rank;
  tensor.size = kBytes[input->dtype];
  for (i = 0; i < input->rank; ++i) {{
    tensor.dims[i] = input->min_dims[i];
    tensor.size *= (size_t)input->min_dims[i];
  }}
  tensor.data = calloc(tensor.size + 1, 1); /* kept until the program ends */
  return tensor;
}}

static void Print(const mtc_tensor* output) {{
  size_t i;
  if (output->dtype != MTC_F32) {{
    printf("%lu bytes\\n", (unsigned long)output->size);
    return;
  }}
  for (i = 0; i < output->size / sizeof(float); ++i) printf("%.9g ", ((const float*)output->data)[i]);
  printf("\\n");
}}

int main(void) {{
  mtc_error error;
  mtc_program* program = NULL;
  mtc_session* session = NULL;
  mtc_tensor inputs[{inputs}] = {{{{0}}}};
  mtc_tensor output;
  mtc_signature signature;
  size_t count, i;

  if (mtc_program_load_memory({symbol}, {symbol}_size, NULL, &program, &error)) return Failed("load", &error);
  if (mtc_session_create(program, NULL, &session, &error)) return Failed("session", &error);
  count = mtc_program_input_count(program, 0);
  for (i = 0; i < count; ++i) {{
    if (mtc_program_sample(program, 0, false, i, &inputs[i]) == MTC_OK) continue;
    mtc_program_input(program, 0, i, &signature);
    inputs[i] = Zeros(&signature);
  }}
  if (mtc_session_run(session, 0, inputs, count, &error)) return Failed("run", &error);
  for (i = 0; i < mtc_program_output_count(program, 0); ++i) {{
    mtc_session_output(session, 0, i, &output);
    Print(&output);
  }}
  mtc_session_destroy(session);
  mtc_program_destroy(program);
  return 0;
}}
"""
_CMAKE = """\
# cmake -B build -DCMAKE_PREFIX_PATH=RUNTIME && cmake --build build && build/example
# RUNTIME is a folder of `mtc build-runtime`.
cmake_minimum_required(VERSION 3.18)
project({project} LANGUAGES C CXX)
set(CMAKE_C_STANDARD 99)

add_library({project}_models STATIC {sources})
target_include_directories({project}_models PUBLIC "${{CMAKE_CURRENT_SOURCE_DIR}}")

find_package(mtc REQUIRED)
add_executable(example main.c)
target_link_libraries(example PRIVATE {project}_models mtc::mtc_static)
"""


def _symbol(program: Program) -> str:
    """What the array is called in C. The suffix keeps it apart from words of the language and names of its library."""
    name = re.sub(r"\W", "_", program.name, flags=re.ASCII)
    return f"{'_' if name[:1].isdigit() else ''}{name}_mtp"


def _guard(program: Program) -> str:
    """The macro that keeps a header from being read twice. Names that differ in case only have the same one, as they
    have the same file on systems that do not tell them apart."""
    return f"{_symbol(program).upper()}_H"


def _check(bundle: Bundle) -> Iterator[Diagnostic]:
    guards: dict[str, Program] = {}
    for program in bundle.programs:
        other = guards.setdefault(_guard(program), program)
        if other.name != program.name:
            is_same = _symbol(other) == _symbol(program)
            shared = f"`{_symbol(program)}` in C" if is_same else f"guarded by `{_guard(program)}` in C"
            yield BAD_PACKAGE(f"`{other.name}` and `{program.name}` are both {shared}", help="rename one")
        if program.name.lower() == "main":
            said = f"a program called `{program.name}` would be the example's main.c"
            yield BAD_PACKAGE(said, help="rename its file")


def _write(bundle: Bundle, file: BinaryIO) -> None:
    with tempfile.TemporaryDirectory(prefix="mtc-c-array-") as work:
        entries = [entry for program in bundle.programs for entry in _sources(program, Path(work))]
        entries += _example(bundle)
        write_zip(file, moved(entries, f"{bundle.name}-{bundle.version}"))


def _sources(program: Program, work: Path) -> list[Entry]:
    symbol = _symbol(program)
    header = _HEADER.format(guard=_guard(program), symbol=symbol)
    source = work / f"{program.name}.c"
    with open(program.path, "rb") as data, open(source, "w", encoding="utf-8", newline="\n") as text:
        text.write(_SOURCE.format(name=program.name, symbol=symbol, size=program.path.stat().st_size))
        while line := data.read(_BYTES_IN_A_LINE):
            text.write(f"  0x{line.hex(',').replace(',', ',0x')},\n")
        text.write("};\n")
    return [Entry(f"{program.name}.h", header.encode()), Entry(source.name, source)]


def _example(bundle: Bundle) -> list[Entry]:
    """A program's main function, of the first of the bundled ones, and how CMake builds it."""
    first = bundle.programs[0]
    inputs = max(1, len(reader.read(first.path).tables.functions[0].inputs))
    return [
        Entry("main.c", _EXAMPLE.format(name=first.name, symbol=_symbol(first), inputs=inputs).encode()),
        Entry(
            "CMakeLists.txt",
            _CMAKE.format(
                project=bundle.name.replace("-", "_"),
                sources=" ".join(f'"{program.name}.c"' for program in bundle.programs),
            ).encode(),
        ),
    ]


C_ARRAY = Format(
    name="c-array",
    purpose="boards without files: programs as C99 arrays, an example, and a CMakeLists.txt; no runtime",
    file_name=lambda bundle: f"{bundle.name}-{bundle.version}-c-array.zip",
    write=_write,
    is_of_programs=True,
    default_name="mtc-models",
    check=_check,
)
