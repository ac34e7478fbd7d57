"""Every code, in order of its number. `mtc explain` prints them."""

from mtc.diagnostics.diagnostic import Code

# 1xx: files and the IR
NOT_AN_ARTIFACT = Code(
    "MTC101",
    "file is not what the command reads",
    "The file is neither a .mtc (IR) nor a .mtp (program), or the command takes the other of the two. What a file is, "
    "its content says, not its suffix.",
)
DAMAGED_ARTIFACT = Code(
    "MTC102",
    "file is damaged",
    "The file was made by mtc, but a part of it is missing, truncated or changed. Write it again with the stage that "
    "made it; if it was copied, compare the sizes.",
)
IR_SYNTAX = Code(
    "MTC103",
    "IR text does not parse",
    "The text of a graph (graph.mtir) is not valid. The message names line and column.",
)
INVALID_IR = Code(
    "MTC104",
    "IR is not valid",
    "The verifier found a module that breaks a rule of the IR: a type that does not follow from its operands, a use "
    "before its definition, an unknown operator. After a pass this is a bug in mtc; in a file it is a damaged file.",
)
WOULD_REPLACE = Code(
    "MTC105",
    "output exists and is not this command's own",
    "A command replaces its own earlier output, as a compiler does, but nothing else. Choose another name with -o, or "
    "pass --overwrite.",
)
CANNOT_WRITE = Code(
    "MTC106",
    "output cannot be written",
    "The folder is missing, read-only or full. Outputs are looked at before any work: nothing was written, and what "
    "stood there still does. -o names another place. If the message names mtc's cache, MTC_CACHE_DIR moves it to a "
    "folder that can be written.",
)
CANNOT_READ = Code(
    "MTC107",
    "input cannot be read",
    "The file is missing, is a folder, may not be read, or is not of the kind that an option takes: a .npz of arrays, "
    "a runtime that `mtc build-runtime` wrote, what `mtc bench --json` printed. Paths are relative to the current "
    "folder.",
)

# 2xx: frontends
UNSUPPORTED_OP = Code(
    "MTC201",
    "operator cannot be imported",
    "The model uses an operator that mtc has no equivalent for. Every such operator of the model is listed, with the "
    "source line that calls it. Replace it in the model by operators that `mtc ops` lists.",
)
EXPORT_FAILED = Code(
    "MTC202",
    "the model could not be exported",
    "torch.export could not trace the model, neither in non-strict nor in strict mode. The message holds torch's "
    "reason. Usual causes: control flow that depends on values, inputs of a type that torch.export does not take.",
)
BAD_SOURCE = Code(
    "MTC203",
    "source is not a model",
    "A model.py defines `model` (an nn.Module, an ExportedProgram, or a callable that returns one) and "
    "`example_inputs` (a tuple, or a callable that returns one).",
)
BAD_NAMES = Code(
    "MTC204",
    "names do not fit",
    "--input-names and --output-names take one name for each input or output, in order, and no name twice. Inputs are "
    "the tensors in `example_inputs` and outputs those that the model returns, each in the order in which nested "
    "tuples, lists and dicts are written; `mtc inspect` shows them.",
)
MISSING_PACKAGE = Code(
    "MTC205",
    "a Python package is missing",
    "What was asked for needs a package that mtc itself does not: PyTorch, which is the extra mtc[torch], "
    "or a package that a recipe takes its files from.",
)

SOURCE_RAISED = Code(
    "MTC206",
    "the user's own code raised an error",
    "A model.py, what it imports, its `model()` or `example_inputs()`, the forward, a metric or a recipe's answer "
    "was called, and raised. The message holds the exception, the place is the last line of that code. It raises as "
    "well where Python calls it without mtc, in the same environment and folder.",
)
BAD_JUDGE = Code(
    "MTC207",
    "a metric or an answer is not what mtc calls",
    "The file of --metric defines `metric(outputs, references)`, which returns True or False (for `mtc quantize "
    "--tune` a number, of the outputs of every batch); a recipe's `answer` "
    "defines `answer(inputs, outputs, folder)`, which returns a mapping of names to facts. Both take and give lists of "
    "arrays.",
)

# 3xx: passes, lowering, placement
UNKNOWN_NAME = Code(
    "MTC301",
    "unknown name",
    "A backend, target, pass, operator, recipe or key of that name does not exist. The message suggests the nearest.",
)
NO_KERNEL = Code(
    "MTC302",
    "no kernel for an operator",
    "No listed backend and no portable kernel computes the operator with these dtypes. `mtc ops OPERATOR` lists the "
    "dtypes that each operator has, and a cast in the model gives another one.",
)
FALLBACK = Code(
    "MTC303",
    "operators fall back to portable kernels",
    "Every model runs, because portable kernels compute what the listed backends cannot, but these may be slower. "
    "With --no-fallback and --fail-on-fallback that is an error, which says which operators it would be, where they "
    "stand in the source, and why. `mtc inspect MODEL.mtc --why-not BACKEND` ranks the reasons by the work behind "
    "them. What a backend leaves to portable kernels, because they are as fast, more exact or smaller, does not count.",
)
PASS_CHANGED_RESULT = Code(
    "MTC304",
    "a pass changed the model's result",
    "--verify-each ran the model's samples before and after each pass. This is a bug in the pass that is named; "
    "--disable-pass leaves it out.",
)

# 4xx: selection
BAD_OPS_LIST = Code(
    "MTC401",
    "operator list is not valid",
    "An ops.yaml is strict: unknown keys and unknown kernels are errors, so that a typing mistake cannot leave an "
    "operator out of a runtime.",
)
MISSING_KERNELS = Code(
    "MTC402",
    "the runtime lacks kernels that the program needs",
    "The program was compiled for kernels that this runtime was not built with. Add the program to the `mtc "
    "select-ops` call that made the runtime's list, and build the runtime again.",
)

UNPROVEN_RUNTIME = Code(
    "MTC403",
    "the built runtime does not hold the kernels of its list",
    "After a build mtc reads the table of kernels from each binary itself. It must hold every kernel of the list, and "
    "no other. Where it does not, a linker dropped or replaced something: please report it with the toolchain that "
    "`mtc targets` names. The runtime is not written.",
)
CANNOT_FIT = Code(
    "MTC404",
    "the model cannot be fitted to the runtime",
    "`mtc fit` places, decomposes, casts and substitutes until every operator runs on kernels that the runtime has. "
    "The operators that are named have no way to be said by these, and the kernels that are named are the fewest that "
    "would have to be added: select them for the app's next update.",
)

# 5xx: running
BAD_INPUT = Code(
    "MTC501",
    "input does not fit the program",
    "Number, name, dtype or shape of an input is not what the program takes; `mtc inspect` shows that. Arrays of a "
    ".npz bind by name if all their names are inputs, else in the archive's order; dtypes are exactly the source "
    "model's, so a float64 array has to be converted to float32 first. Where the program names a size, the message "
    "says its range.",
)
RUN_FAILED = Code(
    "MTC502",
    "the program failed",
    "A kernel met a value it cannot serve, such as an index beyond the rows of an embedding, or a limit on memory or "
    "steps was reached. The message names the operator and its line in the source.",
)
INVALID_PROGRAM = Code(
    "MTC503",
    "the runtime refuses the program",
    "The runtime verifies a program before it runs the first instruction. The file is damaged, or it was made by "
    "another version of mtc than the runtime: package the model again, and build the runtime again.",
)
MISMATCH = Code(
    "MTC504",
    "results differ",
    "An output of the program differs from the source model's by more than the threshold. `mtc verify --layers` finds "
    "the first operator that diverges.",
)
REGRESSION = Code(
    "MTC505",
    "slower than the baseline",
    "Median latency, cold load or peak memory is worse than what --baseline holds by more than --max-regress allows. "
    "Measurements differ from machine to machine and with what else runs there: take the baseline where it is "
    "compared, with enough --runs. The table of operators shows where the time goes.",
)

OTHER_PROGRAM = Code(
    "MTC506",
    "the baseline is of another model",
    "--baseline holds measurements of a program whose inputs or outputs are not those of the measured one, so that no "
    "number of the one says anything of the other. What may change between two versions of one model, its operators, "
    "its weights, the machine, the threads, is no error: what differs of it is a warning.",
)

NO_DEVICE = Code(
    "MTC507",
    "the device cannot be reached",
    "`--device` names what runs the program: `host`, `qemu:ARCH` (an emulated processor), `ssh:HOST` (a board or "
    "server that `ssh HOST` opens without a password) or `adb:SERIAL` (a phone that `adb devices` lists). The message "
    "holds what ssh or adb says. docs/devices.md in mtc's source lists what each needs.",
)
OTHER_TARGET = Code(
    "MTC508",
    "the runtime is for another target than the device",
    "A runtime is for one system and processor: the `--target` with which `mtc build-runtime` made it. Without "
    "--runtime mtc builds one for the device, with the kernels of the program, and keeps it in its cache.",
)
DEVICE_FAILED = Code(
    "MTC509",
    "the run on the device ended without a result",
    "The program was ended by a signal there, the device's disk is full or may not be written, or the connection was "
    "lost. The message says which; what was copied to the device is removed from it.",
)

# 6xx: recipes and usage
BAD_RECIPE = Code(
    "MTC601",
    "recipe is not valid",
    "A recipe is strict YAML, so that a typing mistake is not a setting that is left out: unknown keys and values of "
    "another kind are errors, all of them reported at once. The keys are version, title, source, stages, inputs, "
    "verify, answer, expected and tolerance; `mtc recipe show quickstart` is an example, and docs/recipes.md in mtc's "
    "source lists all.",
)
NO_MODEL = Code(
    "MTC602",
    "no model given",
    "MODEL may be left out only after a stage has written one: it is the newest file that the commands run in this "
    "folder wrote and that this command reads. Name a file, or run the stage before.",
)

# 7xx: building
FETCH_FAILED = Code(
    "MTC701",
    "a source could not be fetched",
    "A library's source is fetched from the places that runtime/third_party/sources.lock.yaml lists, in order, and "
    "checked against its SHA-256. The message says what failed at each place. Offline, `mtc fetch` on a machine with "
    "a network fills the cache; its folder (MTC_CACHE_DIR) can be copied.",
)
NO_COMPILER = Code(
    "MTC702",
    "no compiler or build tool for the target",
    "A runtime needs a C and C++17 compiler, CMake and Ninja. CC and CXX name a compiler; else the system's is used, "
    "else zig from the Python package `ziglang`. `mtc package --format aar` needs a JDK: the one that JAVA_HOME names, "
    "else that of `javac` on PATH.",
)
BUILD_FAILED = Code(
    "MTC703",
    "the build failed",
    "CMake, the compiler or the linker reported an error. The message holds the last lines that matter and the path "
    "of the full log.",
)
CANNOT_BUILD_TARGET = Code(
    "MTC704",
    "the target cannot be built on this machine",
    "The target is known, but this machine has no toolchain that makes programs for it. `mtc targets` shows what "
    "would build for each target here, and the command that helps: zig, from the Python package `ziglang`, builds for "
    "all of them.",
)
TOO_LARGE = Code(
    "MTC705",
    "the runtime is larger than is allowed",
    "`mtc build-runtime --max-size 600KB` compares the bytes of lib/libmtc.so (of bin/mtc_run, where a target has no "
    "shared library) and leaves what stands at the output as it was. The notes rank models, dtypes, operators and "
    "kernels by the bytes that go with them: a kernel's own code and what it alone brings along. KB and MB are 1000 "
    "and 1000000 bytes, KiB and MiB 1024 and 1048576. Without --max-size, share/mtc/size.txt has every part. "
    "`--baseline size.json --max-growth 2%` allows so much more than an earlier runtime had; the notes say what grew.",
)
BAD_PACKAGE = Code(
    "MTC710",
    "the app package cannot be made",
    "`mtc package --format` puts built runtimes and programs into a package that an ecosystem's own tools install. "
    "Each format takes runtimes of certain targets, and names and versions that all formats allow. docs/packages.md "
    "lists them.",
)

# 8xx: quantization
BAD_CALIBRATION = Code(
    "MTC801",
    "calibration data does not fit the model",
    "Calibration data is a .npz, a folder of them, a folder of images with --recipe, `model.py:attribute` with an "
    "iterable of batches or a function that returns one, or, from Python, any iterable. A batch has an array for each "
    "input, of its dtype and shape and without NaN; a .npz may hold many along the first axis. `random` stands for "
    "random data: scales from that are good for measuring speed, not for answers.",
)
NO_CALIBRATION = Code(
    "MTC802",
    "a static scheme needs calibration data",
    "Static schemes fix the scale of every activation ahead, from what it is on typical inputs: a few dozen batches "
    "like those that the model will see. Schemes that quantize weights only, or activations as they come, need none.",
)
BAD_SCHEME = Code(
    "MTC803",
    "the scheme cannot be used",
    "No listed backend has kernels for the scheme's types, or a block size does not divide the weights. `mtc ops "
    "OPERATOR` lists the types of each kernel.",
)
BAD_QUANT_CONFIG = Code(
    "MTC804",
    "quantization config is not valid",
    "A q.yaml is strict: unknown keys, schemes and patterns that match nothing are errors, all reported at once. "
    "docs/quantization.md lists the keys.",
)

NOT_GOOD_ENOUGH = Code(
    "MTC805",
    "no mixed precision is good enough",
    "--tune leaves layers in floats, the most sensitive first, until --min-sqnr or --max-drop is met. If that is not "
    "even so with all of them in floats, the goal asks for more than the rest of the scheme gives, or the metric is of "
    "something else.",
)

# 9xx: bugs
INTERNAL = Code(
    "MTC901",
    "a bug in mtc",
    "Something happened that mtc does not expect, whatever it was given. Please report it with the traceback file "
    "that the message names, and with the model if you may: the file holds the command line and where it failed, and "
    "nothing of the model's content.",
)
