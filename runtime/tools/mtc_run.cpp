// mtc_run: runs a program once, says what comes out and how long it took.
//
// Without --inputs it takes the samples that the program carries and compares the results with the source model's, or
// else random numbers. Exit status: 0 done, 1 the program cannot be loaded or run or a file not be written, 2 wrong
// usage. A result that is not the source model's is said, `: differs`, and no failure: the run is done.

#if defined(__APPLE__)
#include <sys/resource.h>
#elif defined(_WIN32)
#include <windows.h>
// It needs the types of the one above.
#include <psapi.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "mtc/mtc.h"
#include "tools/compare.h"
#include "tools/npy.h"
#include "tools/output_file.h"
#include "tools/random_array.h"
#include "tools/text.h"
#include "tools/utf8_windows.h"

namespace {

using mtc::tools::Compare;
using mtc::tools::Describe;
using mtc::tools::Npy;
using mtc::tools::Number;
using mtc::tools::OutputFile;
using mtc::tools::Random;
using mtc::tools::Text;

constexpr char kUsage[] =
    "usage: mtc_run MODEL.mtp [--inputs A.npy B.npy ...] [--outputs DIR] [--function NAME] [--threads N]\n"
    "               [--runs N] [--profile TRACE.json] [--max-memory BYTES]\n"
    "       mtc_run --version\n";
constexpr char kTraceMagic[] = "{\"traceEvents\"";

struct Options {
  const char* model = nullptr;
  std::vector<const char*> inputs;
  const char* outputs = nullptr;
  const char* function = nullptr;
  const char* profile = nullptr;
  uint64_t threads = 1;
  uint64_t runs = 1;
  uint64_t max_memory = 0;
};

int Usage(const char* reason, const char* what) {
  fprintf(stderr, "mtc_run: %s%s%s\n%s", reason, *what == '\0' ? "" : " ", what, kUsage);
  return 2;
}

// An option that has a value, or a list of values.
bool IsOption(const Text& name) {
  for (const char* known :
       {"--inputs", "--outputs", "--function", "--threads", "--runs", "--profile", "--max-memory"}) {
    if (name == known) return true;
  }
  return false;
}

int Fail(mtc_status status, const mtc_error& error) {
  fprintf(stderr, "mtc_run: %s: %s\n", mtc_status_name(status), error.message);
  return 1;
}

bool ParseNumber(const char* text, uint64_t* out) {
  char* end;
  *out = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0';
}

// -1 to go on, or the exit status: 0 if help or the version was asked for, 2 for wrong usage.
int ParseOptions(int argc, char** argv, Options* out) {
  for (int i = 1; i < argc; ++i) {
    const Text name = argv[i];
    if (name == "-h" || name == "--help") return printf("%s", kUsage) < 0;
    if (name == "--version") return printf("%s\n", mtc_version()) < 0;
    if (name.compare(0, 1, "-") != 0) {
      if (out->model != nullptr) return Usage("one program at a time, not also", argv[i]);
      out->model = argv[i];
      continue;
    }
    if (!IsOption(name)) return Usage("unknown option", argv[i]);
    if (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0) return Usage("a value is missing after", argv[i]);
    if (name == "--inputs") {
      while (i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0) out->inputs.push_back(argv[++i]);
      continue;
    }
    const char* value = argv[++i];
    bool is_right = true;
    if (name == "--outputs") {
      out->outputs = value;
    } else if (name == "--function") {
      out->function = value;
    } else if (name == "--profile") {
      out->profile = value;
    } else if (name == "--threads") {
      is_right = ParseNumber(value, &out->threads) && out->threads <= MTC_MAX_THREADS;
    } else if (name == "--runs") {
      is_right = ParseNumber(value, &out->runs);
    } else {
      is_right = ParseNumber(value, &out->max_memory);
    }
    if (!is_right) return Usage("not a fitting number:", value);
  }
  return out->model == nullptr ? Usage("which program?", "") : -1;
}

mtc_tensor ToTensor(Npy& array) {
  mtc_tensor tensor = {};
  tensor.data = array.data.data();
  tensor.size = array.data.size();
  tensor.dtype = array.dtype;
  tensor.rank = static_cast<uint32_t>(array.dims.size());
  std::copy(array.dims.begin(), array.dims.end(), tensor.dims);
  return tensor;
}

Text Escaped(const char* text) {
  Text result;
  for (; *text != '\0'; ++text) {
    char escape[8];
    if (*text == '"' || *text == '\\') result += '\\';
    if (static_cast<unsigned char>(*text) < 0x20) {
      snprintf(escape, sizeof(escape), "\\u%04x", *text);
      result += escape;
    } else {
      result += *text;
    }
  }
  return result;
}

// The last run's instructions in the format of chrome://tracing and Perfetto. Why they cannot be written; empty if they
// were.
Text WriteTrace(const mtc_session* session, const char* path) {
  OutputFile output(path);
  FILE* file = output.get();
  if (file == nullptr) return strerror(errno);
  fprintf(file, "%s: [", kTraceMagic);
  for (size_t i = 0; i < mtc_session_event_count(session); ++i) {
    mtc_event event;
    if (mtc_session_event(session, i, &event) != MTC_OK) break;
    const char* name = *event.name == '\0' ? event.kernel : event.name;
    fprintf(file,
            "%s\n{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": %.3f, \"dur\": %.3f, \"name\": \"%s\", \"args\": "
            "{\"kernel\": \"%s\", \"location\": \"%s\", \"function\": %u, \"instruction\": %u}}",
            i == 0 ? "" : ",", static_cast<double>(event.start_ns) / 1e3, static_cast<double>(event.duration_ns) / 1e3,
            Escaped(name).c_str(), Escaped(event.kernel).c_str(), Escaped(event.location).c_str(), event.function,
            event.instruction);
  }
  fprintf(file, "\n]}\n");
  return output.Finish();
}

// Milliseconds since some moment before.
double Now() { return static_cast<double>(mtc::MonotonicNanoseconds()) / 1e6; }

// The most bytes of memory that the process has had; 0 where the system does not say.
uint64_t PeakMemory() {
#if defined(__linux__)
  // Not ru_maxrss, which a process begins with at what its parent had.
  FILE* file = fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char line[128];
  unsigned long long kilobytes = 0;
  while (fgets(line, sizeof line, file) != nullptr) {
    if (sscanf(line, "VmHWM: %llu kB", &kilobytes) == 1) break;
  }
  fclose(file);
  return kilobytes * 1024;
#elif defined(__APPLE__)
  rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) : 0;
#elif defined(_WIN32)
  PROCESS_MEMORY_COUNTERS counters;
  return K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PeakWorkingSetSize : 0;
#else
  return 0;
#endif
}

// What is run, and with what.
struct Job {
  Job(const Options& options, const mtc_program* program) : options(options), program(program) {}

  const Options& options;
  const mtc_program* program;
  size_t function = 0;
  std::vector<Npy> arrays;  // what the tensors point to, unless they are the program's samples
  std::vector<mtc_tensor> inputs;
  bool has_samples = false;
  double load = 0;  // milliseconds until a session was open
};

// The program's samples, or random inputs if one is missing.
int TakeSamples(Job* job) {
  const size_t count = mtc_program_input_count(job->program, job->function);
  job->inputs.resize(count);
  job->has_samples = true;
  for (size_t i = 0; i < count && job->has_samples; ++i) {
    job->has_samples = mtc_program_sample(job->program, job->function, false, i, &job->inputs[i]) == MTC_OK;
  }
  if (job->has_samples) return 0;
  Random random;
  job->arrays.resize(count);
  for (size_t i = 0; i < count; ++i) {
    mtc_signature signature;
    if (mtc_program_input(job->program, job->function, i, &signature) != MTC_OK ||
        !random.Make(signature, &job->arrays[i])) {
      fprintf(stderr, "mtc_run: input %zu is too large to be made up: give it with --inputs\n", i);
      return 1;
    }
    job->inputs[i] = ToTensor(job->arrays[i]);
  }
  return 0;
}

int TakeFiles(Job* job) {
  job->arrays.resize(job->options.inputs.size());
  for (size_t i = 0; i < job->arrays.size(); ++i) {
    const Text reason = mtc::tools::ReadNpy(job->options.inputs[i], &job->arrays[i]);
    if (!reason.empty()) {
      fprintf(stderr, "mtc_run: `%s`: %s\n", job->options.inputs[i], reason.c_str());
      return 1;
    }
    job->inputs.push_back(ToTensor(job->arrays[i]));
  }
  return 0;
}

int CannotWrite(const char* path, const Text& reason) {
  fprintf(stderr, "mtc_run: cannot write `%s`: %s\n", path, reason.c_str());
  return 1;
}

Text OutputPath(const Job& job, size_t index) {
  return Text(job.options.outputs) + "/output_" + Number(static_cast<int64_t>(index)) + ".npy";
}

// Before the run, which may be long, and while nothing is lost yet.
int CheckTargets(const Job& job) {
  std::vector<const char*> sources = job.options.inputs;
  sources.push_back(job.options.model);
  const char* folder = job.options.outputs;
  if (folder != nullptr && !mtc::tools::MakeFolder(folder)) return CannotWrite(folder, strerror(errno));
  if (const char* trace = job.options.profile; trace != nullptr) {
    const Text reason = mtc::tools::CheckTarget(trace, kTraceMagic, sources);
    if (!reason.empty()) return CannotWrite(trace, reason);
  }
  if (folder == nullptr) return 0;
  for (size_t i = 0; i < mtc_program_output_count(job.program, job.function); ++i) {
    const Text path = OutputPath(job, i);
    const Text reason = mtc::tools::CheckTarget(path.c_str(), mtc::tools::kNpyMagic, sources);
    if (!reason.empty()) return CannotWrite(path.c_str(), reason);
  }
  return 0;
}

int ReportOutputs(const Job& job, const mtc_session* session) {
  for (size_t i = 0; i < mtc_program_output_count(job.program, job.function); ++i) {
    mtc_tensor output, expected;
    mtc_signature signature;
    if (mtc_session_output(session, job.function, i, &output) != MTC_OK ||
        mtc_program_output(job.program, job.function, i, &signature) != MTC_OK) {
      return 1;
    }
    printf("output %zu `%s`: %s", i, signature.name, Describe(output.dtype, output.dims, output.rank).c_str());
    if (job.has_samples && mtc_program_sample(job.program, job.function, true, i, &expected) == MTC_OK) {
      printf(", %s", Compare(output, expected).c_str());
    }
    printf("\n");
    if (job.options.outputs == nullptr) continue;
    const Text path = OutputPath(job, i);
    const Text reason = mtc::tools::WriteNpy(path.c_str(), output);
    if (!reason.empty()) return CannotWrite(path.c_str(), reason);
  }
  return 0;
}

// Between two of the sorted times it is where the line between them is: half of them gives the median.
double Quantile(const std::vector<double>& times, double part) {
  const double place = part * static_cast<double>(times.size() - 1);
  const size_t low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, times.size() - 1);
  return times[low] + (place - static_cast<double>(low)) * (times[high] - times[low]);
}

// mtc/devices/report.py reads these lines.
void ReportCosts(const Job& job, const mtc_session* session, double first, std::vector<double> times) {
  printf("loaded in %.3f ms, first run %.3f ms\n", job.load, first);
  if (!times.empty()) {
    std::sort(times.begin(), times.end());
    printf("%zu more: median %.3f ms, p90 %.3f ms, min %.3f ms\n", times.size(), Quantile(times, 0.5),
           Quantile(times, 0.9), times.front());
  }
  const mtc_memory memory = mtc_session_memory(session);
  printf("memory: arena %llu, scratch %llu, state %llu, packed weights %llu, peak of all %llu bytes\n",
         static_cast<unsigned long long>(memory.arena), static_cast<unsigned long long>(memory.scratch),
         static_cast<unsigned long long>(memory.state), static_cast<unsigned long long>(memory.packed),
         static_cast<unsigned long long>(PeakMemory()));
}

int RunJob(const Job& job, mtc_session* session) {
  mtc_error error;
  // The first run also prepares kernels and packs weights.
  const double start = Now();
  mtc_status status = mtc_session_run(session, job.function, job.inputs.data(), job.inputs.size(), &error);
  if (status != MTC_OK) return Fail(status, error);
  const double first = Now() - start;
  if (const int code = ReportOutputs(job, session); code != 0) return code;

  std::vector<double> times;
  for (uint64_t i = 0; i < job.options.runs; ++i) {
    // Every run is the first of its state: a cache that each one fills would be full.
    status = mtc_session_reset_state(session, &error);
    if (status != MTC_OK) return Fail(status, error);
    const double began = Now();
    status = mtc_session_run(session, job.function, job.inputs.data(), job.inputs.size(), &error);
    if (status != MTC_OK) return Fail(status, error);
    times.push_back(Now() - began);
  }
  ReportCosts(job, session, first, std::move(times));
  if (const char* trace = job.options.profile; trace != nullptr) {
    // Once more: --outputs may have put an output there.
    Text reason = mtc::tools::CheckTarget(trace, kTraceMagic, {});
    if (reason.empty()) reason = WriteTrace(session, trace);
    if (!reason.empty()) return CannotWrite(trace, reason);
  }
  return 0;
}

int RunProgram(const Options& options, const mtc_program* program, double load) {
  Job job(options, program);
  const size_t count = mtc_program_function_count(program);
  while (options.function != nullptr && job.function < count &&
         strcmp(options.function, mtc_program_function_name(program, job.function)) != 0) {
    ++job.function;
  }
  if (job.function == count) {
    fprintf(stderr, "mtc_run: the program has no function `%s`\n", options.function);
    return 1;
  }
  if (const int code = options.inputs.empty() ? TakeSamples(&job) : TakeFiles(&job); code != 0) return code;
  if (const int code = CheckTargets(job); code != 0) return code;
  mtc_session_options wanted = {};
  wanted.threads = static_cast<uint32_t>(options.threads);
  wanted.max_memory = options.max_memory;
  wanted.profile = options.profile != nullptr;
  mtc_session* session = nullptr;
  mtc_error error;
  const double start = Now();
  const mtc_status status = mtc_session_create(program, &wanted, &session, &error);
  if (status != MTC_OK) return Fail(status, error);
  job.load = load + Now() - start;
  const int code = RunJob(job, session);
  mtc_session_destroy(session);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
#if defined(_WIN32)
  mtc::tools::Utf8Arguments arguments;
  argc = arguments.count();
  argv = arguments.values();
#endif
  Options options;
  if (const int code = ParseOptions(argc, argv, &options); code >= 0) return code;
  mtc_load_options limits = {};
  limits.max_memory = options.max_memory;
  mtc_program* program = nullptr;
  mtc_error error;
  const double start = Now();
  const mtc_status status = mtc_program_load_file(options.model, &limits, &program, &error);
  if (status != MTC_OK) return Fail(status, error);
  int code = RunProgram(options, program, Now() - start);
  mtc_program_destroy(program);
  if (fflush(stdout) != 0) {
    fprintf(stderr, "mtc_run: cannot write what it says: %s\n", strerror(errno));
    code = 1;
  }
  return code;
}
