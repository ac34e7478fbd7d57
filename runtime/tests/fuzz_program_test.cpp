// Damaged programs must be refused or run, but never harm. `scripts/sanitize` runs this under AddressSanitizer and
// UndefinedBehaviorSanitizer, with real programs and the kernels they need. The environment says what is tried:
//   MTC_FUZZ_PROGRAMS  a folder of .mtp files     MTC_FUZZ_COUNT  mutants (2000)     MTC_FUZZ_SEED  the first one's (1)

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/poison.h"
#include "gtest/gtest.h"
#include "interpreter/kernel_table.h"
#include "program/layout.h"
#include "tests/mutator.h"
#include "tests/run_program.h"

#ifdef MTC_POISONS
#include <sanitizer/common_interface_defs.h>
#endif

namespace mtc::test {
namespace {

using schema::ExprKind;
using schema::Place;

constexpr uint64_t kMaxMemory = 4 << 20;
constexpr uint64_t kMaxSteps = 200;
constexpr unsigned kMaxSeconds = 20;  // that one mutant may take

// Something of everything: symbols and expressions, pitched and nested aliases, state, loops, samples, debug facts.
ProgramBuilder Rich() {
  ProgramBuilder b;
  const uint32_t add = b.Kernel("add@fake:f32/1"), scale = b.Kernel("scale@fake:f32/1");
  const uint32_t loop = b.Kernel("loop@fake:f32/1"), fill = b.Kernel("fill@fake:i64/1");
  const uint32_t concat = b.Kernel("concat@fake:f32/1");
  const uint32_t constant = b.Constant({2, 2}, {1, 2, 3, 4});
  const uint32_t state = b.State("s", {2, 2}, int32_t(constant));

  auto f = b.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0, 1, 64);
  const uint32_t two = f.Expr(ExprKind::constant, 2), doubled = f.Expr(ExprKind::mul, 0, two);
  const uint32_t x = f.Input({n, 2}, "x"), joined = f.Value({n, 4});
  const uint32_t left = f.Alias(joined, {n, 2}, 0, true), right = f.Alias(joined, {n, 2}, 2, true);
  const uint32_t flat = f.Alias(x, {Symbolic(doubled)}),
                 both = f.Value({Symbolic(f.Expr(ExprKind::mul, doubled, two))});
  const uint32_t looped = f.Value({n, 2}), sizes = f.Value({5}, schema::DType::i64);
  f.Instruction(add, {int32_t(x), int32_t(x)}, {int32_t(left)});
  f.Instruction(add, {int32_t(left), int32_t(x)}, {int32_t(right)});
  f.Instruction(concat, {int32_t(flat), int32_t(flat)}, {int32_t(both)});
  auto& l = f.Instruction(loop, {int32_t(x)}, {int32_t(looped)});
  AddInts(l, {3});
  l.functions = {2};
  auto& i = f.Instruction(fill, {int32_t(x)}, {int32_t(sizes)});
  AddAttr(i).exprs = {doubled};
  AddInts(i, {7, 8});
  AddFloat(i, 9);
  for (const uint32_t v : {joined, both, looped, sizes}) f.Output(v);

  auto g = b.Function("planned");
  const uint32_t y = g.Input({2, 2}, "y"), w = g.Stored(Place::constant, constant, {2, 2});
  const uint32_t s = g.Stored(Place::state, state, {2, 2}), sum = g.Value({2, 2}, schema::DType::f32, 64);
  g.Instruction(add, {int32_t(y), int32_t(w)}, {int32_t(sum)});
  g.Instruction(add, {int32_t(sum), int32_t(s)}, {int32_t(s)});
  g.Output(g.Alias(sum, {4}));
  g.Planned(128);

  auto body = b.Function("body");
  const int64_t m = body.Symbol("m", 0, 0);
  const uint32_t bx = body.Input({m, 2}, "x"), by = body.Value({m, 2});
  auto& k = body.Instruction(scale, {int32_t(bx), -1}, {int32_t(by)});
  AddFloat(k, 2);
  AddInts(k, {1});
  AddInts(k, {0});
  AddInts(k, {2});
  body.Output(by);

  b.Sample(1, false, 0, {2, 2}, {1, 2, 3, 4});
  schema::DebugT debug;
  debug.functions.push_back(std::make_unique<schema::DebugFunctionT>());
  debug.functions[0]->instructions.push_back(std::make_unique<schema::DebugInstructionT>());
  debug.functions[0]->instructions[0]->name = "%left";
  b.Debug(debug);
  return b;
}

// Which mutant is being tried: what a sanitizer or a hang leaves behind has to be found again.
char g_mutant[2000];
void TellMutant() { (void)!write(STDERR_FILENO, g_mutant, strlen(g_mutant)); }
void TellHang(int) {
  TellMutant();
  abort();
}

class Fuzz : public testing::Test {
 protected:
  static void SetUpTestSuite() {
#ifdef MTC_POISONS
    __sanitizer_set_death_callback(TellMutant);
#endif
    signal(SIGALRM, TellHang);
  }
  static void TearDownTestSuite() {
    alarm(0);
    g_mutant[0] = '\0';
  }
};

// Inputs that the program takes, of sizes it may not have seen, full of what it may not expect.
class Inputs {
 public:
  // False if they would be large.
  bool Make(const mtc_program* program, size_t function, Mutator& m) {
    const size_t count = mtc_program_input_count(program, function);
    if (count > 100) return false;
    const int64_t usual = m.OneOf(2) ? 3 : static_cast<int64_t>(m.Below(20));
    for (size_t i = 0; i < count; ++i) {
      mtc_signature signature;
      if (mtc_program_input(program, function, i, &signature) != MTC_OK) return false;
      mtc_tensor tensor = {};
      tensor.dtype = signature.dtype;
      tensor.rank = signature.rank;
      for (uint32_t axis = 0; axis < signature.rank; ++axis) {
        tensor.dims[axis] = std::min(std::max(signature.min_dims[axis], usual), signature.max_dims[axis]);
      }
      uint64_t bytes;
      if (!ByteSize(static_cast<DType>(tensor.dtype), {tensor.dims, tensor.rank}, &bytes) || bytes > kMaxMemory) {
        return false;
      }
      memory_.emplace_back(bytes);
      Fill(memory_.back(), signature.dtype, m);
      tensor.data = memory_.back().data();
      tensor.size = bytes;
      tensors.push_back(tensor);
    }
    if (count > 0 && m.OneOf(16)) Contradict(tensors[m.Below(count)], m);
    return true;
  }

  std::vector<mtc_tensor> tensors;

 private:
  static void Fill(std::vector<uint8_t>& bytes, mtc_dtype dtype, Mutator& m) {
    const size_t size = SizeOf(static_cast<DType>(dtype));
    const bool is_tame = !m.OneOf(3);
    for (size_t at = 0; at + size <= bytes.size(); at += size) {
      const int64_t whole = is_tame ? static_cast<int64_t>(m.Below(3)) : m.Number();
      const double real = is_tame ? static_cast<double>(m.Below(1000)) / 250 - 2 : m.Float();
      const float narrow = static_cast<float>(real);
      if (dtype == MTC_F32) {
        memcpy(&bytes[at], &narrow, size);
      } else if (dtype == MTC_F64) {
        memcpy(&bytes[at], &real, size);
      } else {
        memcpy(&bytes[at], &whole, size);
      }
    }
  }

  // What a careless caller might give.
  static void Contradict(mtc_tensor& tensor, Mutator& m) {
    switch (m.Below(5)) {
      case 0:
        tensor.size += 1;
        break;
      case 1:
        tensor.dtype = static_cast<mtc_dtype>(m.Below(12));
        break;
      case 2:
        tensor.rank = static_cast<uint32_t>(m.Below(12));
        break;
      case 3:
        tensor.dims[m.Below(3)] = m.Number();
        break;
      default:
        tensor.data = nullptr;
    }
  }

  std::vector<std::vector<uint8_t>> memory_;
};

// Reads every byte of every output, so that a sanitizer sees where they lie.
uint64_t ReadOutputs(const mtc_session* session, const mtc_program* program, size_t function) {
  uint64_t sum = 0;
  for (size_t i = 0; i < mtc_program_output_count(program, function); ++i) {
    mtc_tensor output;
    if (mtc_session_output(session, function, i, &output) != MTC_OK) continue;
    for (size_t byte = 0; byte < output.size; ++byte) sum += static_cast<const uint8_t*>(output.data)[byte];
  }
  return sum;
}

struct Outcome {
  uint64_t loaded = 0, ran = 0;
  uint64_t sum = 0;
};

// Loads the file and runs each function three times; the second time with the sizes of the first.
void Try(const std::vector<uint8_t>& file, const KernelTable& kernels, Mutator& m, Outcome* outcome) {
  Error reason;
  mtc_program* handle = nullptr;
  mtc_load_options limits = {};
  limits.max_memory = kMaxMemory;
  const ProgramSource source = ProgramSource::Memory(file.data(), file.size());
  if (LoadProgram(source, &limits, {&kernels, 1}, &handle, reason) != Status::kOk) return;
  const ProgramHandle program(handle);
  ++outcome->loaded;
  mtc_session_options options = {};
  options.threads = m.OneOf(16) ? 2 : 1;
  const SessionHandle session = MakeSession(handle, options);
  if (session == nullptr) return;
  mtc_session_set_step_budget(session.get(), kMaxSteps);
  for (size_t f = 0; f < mtc_program_function_count(handle); ++f) {
    for (int time = 0; time < 2; ++time) {
      Inputs inputs;
      if (!inputs.Make(handle, f, m)) continue;
      for (int again = time; again < 2; ++again) {
        outcome->ran +=
            mtc_session_run(session.get(), f, inputs.tensors.data(), inputs.tensors.size(), nullptr) == MTC_OK;
      }
      outcome->sum += ReadOutputs(session.get(), handle, f);
    }
  }
  std::vector<uint8_t> state(mtc_session_state_size(session.get()));
  mtc_session_save_state(session.get(), state.data(), state.size(), nullptr);
  mtc_session_restore_state(session.get(), state.data(), state.size(), nullptr);
}

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : strtoull(text, nullptr, 10);
}

std::vector<uint8_t> ReadFile(const std::string& path) {
  std::vector<uint8_t> data;
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) return data;
  for (int c = fgetc(file); c != EOF; c = fgetc(file)) data.push_back(static_cast<uint8_t>(c));
  fclose(file);
  return data;
}

// The file with other tables, which go to its end, so that every segment stays where it is.
std::vector<uint8_t> WithTables(std::vector<uint8_t> file, const schema::ProgramT& tables) {
  FileHeader header;
  memcpy(&header, file.data(), sizeof(header));
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(schema::Program::Pack(builder, &tables), schema::ProgramIdentifier());
  file.resize((file.size() + 63) / 64 * 64);
  header.tables_offset = file.size();
  header.tables_size = builder.GetSize();
  file.insert(file.end(), builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  file.resize(file.size() + 64);
  header.file_size = file.size();
  memcpy(file.data(), &header, sizeof(header));
  return file;
}

// A third of the mutants differ in raw bytes: of the header, the tables, or what follows them. The others differ in a
// field or two of the tables.
std::vector<uint8_t> Mutant(const std::vector<uint8_t>& sound, Mutator& m) {
  std::vector<uint8_t> file = sound;
  FileHeader header;
  memcpy(&header, sound.data(), sizeof(header));
  if (m.OneOf(3)) {
    const uint64_t tables = header.tables_offset, tables_end = tables + header.tables_size;
    switch (m.Below(4)) {
      case 0:
        m.Bytes(&file, 0, sizeof(header));
        break;
      case 1:
        m.Bytes(&file, 0, file.size());
        break;
      default:
        m.Bytes(&file, tables, tables_end);
    }
    if (m.OneOf(20)) file.resize(m.Below(file.size()));
    return file;
  }
  schema::ProgramT tables;
  schema::GetProgram(&sound[header.tables_offset])->UnPackTo(&tables);
  m.Tables(&tables);
  return WithTables(std::move(file), tables);
}

struct Subject {
  std::string name;
  std::vector<uint8_t> file;
  KernelTable kernels;
};

void Search(const std::vector<Subject>& subjects) {
  const uint64_t first = FromEnvironment("MTC_FUZZ_SEED", 1), count = FromEnvironment("MTC_FUZZ_COUNT", 2000);
  Outcome outcome;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Subject& subject = subjects[seed % subjects.size()];
    Mutator mutator(seed * 1000003);
    const std::vector<uint8_t> file = Mutant(subject.file, mutator);
    snprintf(g_mutant, sizeof(g_mutant), "\nmutant: MTC_FUZZ_SEED=%llu MTC_FUZZ_COUNT=1, of `%s`: %s\n",
             static_cast<unsigned long long>(seed), subject.name.c_str(), mutator.story().c_str());
    alarm(kMaxSeconds);
    Try(file, subject.kernels, mutator, &outcome);
  }
  printf("%llu mutants: %llu passed the loader, %llu runs succeeded\n", static_cast<unsigned long long>(count),
         static_cast<unsigned long long>(outcome.loaded), static_cast<unsigned long long>(outcome.ran));
  if (count < 100) return;
  EXPECT_GE(outcome.loaded * 5, count) << "too few mutants get past the loader";
}

TEST_F(Fuzz, AProgramOfEverythingOnFakeKernels) {
  const Subject rich = {"rich", Rich().Build(), FakeKernels()};
  Outcome outcome;
  Mutator untouched(2);
  Try(rich.file, rich.kernels, untouched, &outcome);
  ASSERT_GT(outcome.ran, 0u);
  Search({rich});
}

TEST_F(Fuzz, RealPrograms) {
  const char* folder = getenv("MTC_FUZZ_PROGRAMS");
  if (folder == nullptr) GTEST_SKIP() << "MTC_FUZZ_PROGRAMS is not set";
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<Subject> subjects;
  for (const std::string& path : paths) {
    subjects.push_back({path, ReadFile(path), SelectedKernels()});
    ASSERT_GT(subjects.back().file.size(), sizeof(FileHeader)) << path;
    Outcome outcome;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      Mutator untouched(seed);
      Try(subjects.back().file, subjects.back().kernels, untouched, &outcome);
    }
    EXPECT_EQ(outcome.loaded, 10u) << path;
    EXPECT_GT(outcome.ran, 0u) << path;
  }
  ASSERT_GE(subjects.size(), 10u);
  Search(subjects);
}

}  // namespace
}  // namespace mtc::test
