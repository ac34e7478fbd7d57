// Damaged programs must be refused or run, but never harm: raw bytes and single fields of the tables are changed at
// random, by seed. A longer search, also over a real program with the runtime's own kernels, best with sanitizers:
//   MTC_FUZZ_COUNT=1000000 MTC_FUZZ_SEED=1 MTC_FUZZ_FILE=model.mtp mtc_tests --gtest_filter='Fuzz*'

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "interpreter/kernel_table.h"
#include "tests/run_program.h"

namespace mtc::test {
namespace {

using schema::DType;
using schema::ExprKind;
using schema::Place;

constexpr uint64_t kMaxMemory = 16 << 20;
constexpr uint64_t kMaxSteps = 200;

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
  const uint32_t looped = f.Value({n, 2}), sizes = f.Value({5}, DType::i64);
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
  const uint32_t s = g.Stored(Place::state, state, {2, 2}), sum = g.Value({2, 2}, DType::f32, 64);
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

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) { return random_() % limit; }

  // A few bytes, mostly of the header and the tables.
  void Bytes(std::vector<uint8_t>* file) {
    for (uint64_t i = Below(4) + 1; i > 0; --i) (*file)[Below(file->size())] = static_cast<uint8_t>(Interesting());
  }

  // One or two fields, wherever they are.
  void Tables(schema::ProgramT* p) {
    for (uint64_t i = Below(2) + 1; i > 0; --i) {
      fields_.clear();
      Collect(*p);
      fields_[Below(fields_.size())](*this);
    }
  }

 private:
  using Change = std::function<void(Mutator&)>;

  int64_t Interesting() {
    constexpr int64_t kValues[] = {
        0,   1,  2,  3,  4,         7,         8,          63,        64,        128,
        255, -1, -2, -3, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, int64_t{1} << 46,
        -64};
    return Below(4) == 0 ? static_cast<int64_t>(random_()) : kValues[Below(sizeof(kValues) / sizeof(kValues[0]))];
  }

  template <typename T>
  void Number(T& field) {
    fields_.push_back([&field](Mutator& m) {
      const int64_t value = m.Interesting();
      field = static_cast<T>(m.Below(3) == 0 ? static_cast<uint64_t>(field) + static_cast<uint64_t>(value % 3)
                                             : static_cast<uint64_t>(value));
    });
  }
  template <typename T>
  void List(std::vector<T>& list) {
    for (T& element : list) Number(element);
    fields_.push_back([&list](Mutator& m) {
      if (list.empty() || m.Below(2) == 0) {
        list.push_back(static_cast<T>(m.Interesting()));
      } else {
        list.erase(list.begin() + static_cast<ptrdiff_t>(m.Below(list.size())));
      }
    });
  }
  template <typename T>
  void Drop(std::vector<std::unique_ptr<T>>& list) {
    if (list.empty()) return;
    fields_.push_back([&list](Mutator& m) {
      const uint64_t a = m.Below(list.size()), b = m.Below(list.size());
      if (m.Below(2) == 0) {
        list.erase(list.begin() + static_cast<ptrdiff_t>(a));
      } else {
        std::swap(list[a], list[b]);
      }
    });
  }

  void Collect(schema::ProgramT& p) {
    for (auto& s : p.segments) (Number(s->kind), Number(s->offset), Number(s->size));
    for (auto& c : p.constants) (Number(c->dtype), List(c->dims), Number(c->segment), Number(c->offset));
    for (auto& s : p.states) (Number(s->dtype), List(s->dims), Number(s->initial));
    for (auto& s : p.samples) (Number(s->function), Number(s->index), List(s->dims), Number(s->offset));
    for (auto& f : p.functions) Collect(*f);
    Drop(p.functions);
    Drop(p.constants);
    Drop(p.states);
  }
  void Collect(schema::FunctionT& f) {
    for (auto& v : f.values) {
      (Number(v->dtype), List(v->dims), Number(v->place), Number(v->index), Number(v->offset));
      (Number(v->alias_of), Number(v->alias_offset));
      fields_.push_back([&v](Mutator&) { v->is_pitched = !v->is_pitched; });
    }
    List(f.inputs);
    List(f.outputs);
    for (auto& e : f.exprs) {
      fields_.push_back([&e](Mutator& m) {
        const ExprKind kind = m.Below(2) == 0 ? static_cast<ExprKind>(m.Below(9)) : e.kind();
        e = schema::Expr(m.Below(2) == 0 ? m.Interesting() : e.a(), m.Below(2) == 0 ? m.Interesting() : e.b(), kind);
      });
    }
    for (auto& s : f.symbols) {
      fields_.push_back([&s](Mutator& m) {
        s = schema::Symbol(m.Interesting(), m.Interesting(), static_cast<uint32_t>(m.Below(3)),
                           static_cast<uint32_t>(m.Below(3)));
      });
    }
    for (auto& i : f.instructions) {
      (Number(i->kernel), List(i->inputs), List(i->outputs), List(i->functions));
      for (auto& a : i->attrs) (List(a->ints), List(a->exprs));
      Drop(i->attrs);
    }
    Number(f.arena_size);
    fields_.push_back([&f](Mutator&) { f.is_planned = !f.is_planned; });
    Drop(f.values);
    Drop(f.instructions);
  }

  std::mt19937_64 random_;
  std::vector<Change> fields_;
};

// Inputs of the least size that the program takes, but of 3 where it takes that; null if they are large.
bool MakeInputs(const mtc_program* program, size_t function, std::vector<std::vector<uint8_t>>* memory,
                std::vector<mtc_tensor>* tensors) {
  const size_t count = mtc_program_input_count(program, function);
  if (count > 100) return false;
  for (size_t i = 0; i < count; ++i) {
    mtc_signature signature;
    if (mtc_program_input(program, function, i, &signature) != MTC_OK) return false;
    mtc_tensor tensor = {};
    tensor.dtype = signature.dtype;
    tensor.rank = signature.rank;
    for (uint32_t axis = 0; axis < signature.rank; ++axis) {
      tensor.dims[axis] = std::min(std::max<int64_t>(signature.min_dims[axis], 3), signature.max_dims[axis]);
    }
    uint64_t bytes;
    if (!ByteSize(static_cast<mtc::DType>(tensor.dtype), {tensor.dims, tensor.rank}, &bytes) || bytes > kMaxMemory) {
      return false;
    }
    memory->emplace_back(bytes, uint8_t{0});
    tensor.data = memory->back().data();
    tensor.size = bytes;
    tensors->push_back(tensor);
  }
  return true;
}

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
  int loaded = 0, ran = 0;
  uint64_t sum = 0;
};

void Try(const std::vector<uint8_t>& file, const KernelTable& kernels, Outcome* outcome) {
  Error reason;
  std::unique_ptr<Program> loaded;
  mtc_program* handle = nullptr;
  if (Program::LoadMemory(file.data(), file.size(), kMaxMemory, &loaded, reason) != Status::kOk) return;
  if (MakeProgram(std::move(loaded), {&kernels, 1}, &handle, reason) != Status::kOk) return;
  const ProgramHandle program(handle);
  ++outcome->loaded;
  const SessionHandle session = MakeSession(handle);
  if (session == nullptr) return;
  mtc_session_set_step_budget(session.get(), kMaxSteps);
  for (size_t f = 0; f < mtc_program_function_count(handle); ++f) {
    std::vector<std::vector<uint8_t>> memory;
    std::vector<mtc_tensor> inputs;
    if (!MakeInputs(handle, f, &memory, &inputs)) continue;
    for (int twice = 0; twice < 2; ++twice) {
      if (mtc_session_run(session.get(), f, inputs.data(), inputs.size(), nullptr) == MTC_OK) ++outcome->ran;
    }
    outcome->sum += ReadOutputs(session.get(), handle, f);
  }
}

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : strtoull(text, nullptr, 10);
}

std::vector<uint8_t> ReadFile(const char* path) {
  std::vector<uint8_t> data;
  FILE* file = fopen(path, "rb");
  if (file == nullptr) return data;
  for (int c = fgetc(file); c != EOF; c = fgetc(file)) data.push_back(static_cast<uint8_t>(c));
  fclose(file);
  return data;
}

TEST(Fuzz, DamagedBytes) {
  const auto sound = Rich().Build();
  Outcome outcome;
  Try(sound, FakeKernels(), &outcome);
  ASSERT_EQ(outcome.ran, 6);
  const uint64_t seed = FromEnvironment("MTC_FUZZ_SEED", 1), count = FromEnvironment("MTC_FUZZ_COUNT", 3000);
  for (uint64_t i = 0; i < count; ++i) {
    auto file = sound;
    Mutator(seed * 1000003 + i).Bytes(&file);
    Try(file, FakeKernels(), &outcome);
  }
  EXPECT_GT(outcome.loaded, 0);
}

TEST(Fuzz, DamagedTables) {
  Outcome outcome;
  const uint64_t seed = FromEnvironment("MTC_FUZZ_SEED", 1), count = FromEnvironment("MTC_FUZZ_COUNT", 3000);
  for (uint64_t i = 0; i < count; ++i) {
    ProgramBuilder builder = Rich();
    builder.Build();  // places the segments
    Mutator(seed * 1000003 + i).Tables(&builder.tables);
    Try(builder.BuildAsIs(), FakeKernels(), &outcome);
  }
  EXPECT_GT(outcome.ran, 0);
}

TEST(Fuzz, ARealProgram) {
  const char* path = getenv("MTC_FUZZ_FILE");
  if (path == nullptr) GTEST_SKIP() << "MTC_FUZZ_FILE is not set";
  const auto sound = ReadFile(path);
  ASSERT_GT(sound.size(), sizeof(FileHeader));
  FileHeader header;
  memcpy(&header, sound.data(), sizeof(header));
  const uint64_t tables_end = header.tables_offset + header.tables_size;
  Outcome outcome;
  const uint64_t seed = FromEnvironment("MTC_FUZZ_SEED", 1), count = FromEnvironment("MTC_FUZZ_COUNT", 3000);
  for (uint64_t i = 0; i < count; ++i) {
    std::vector<uint8_t> file = sound, start(sound.begin(), sound.begin() + static_cast<ptrdiff_t>(tables_end));
    Mutator mutator(seed * 1000003 + i);
    if (mutator.Below(2) == 0) {
      mutator.Bytes(&start);
      std::copy(start.begin(), start.end(), file.begin());
    } else {
      // The changed tables go to the end of the file, so that every segment stays where it is.
      schema::ProgramT tables;
      schema::GetProgram(&sound[header.tables_offset])->UnPackTo(&tables);
      mutator.Tables(&tables);
      flatbuffers::FlatBufferBuilder builder;
      builder.Finish(schema::Program::Pack(builder, &tables), schema::ProgramIdentifier());
      FileHeader changed = header;
      file.resize((file.size() + 63) / 64 * 64);
      changed.tables_offset = file.size();
      changed.tables_size = builder.GetSize();
      file.insert(file.end(), builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
      file.resize(file.size() + 64);
      changed.file_size = file.size();
      memcpy(file.data(), &changed, sizeof(changed));
    }
    Try(file, SelectedKernels(), &outcome);
  }
  EXPECT_GT(outcome.loaded, 0);
}

}  // namespace
}  // namespace mtc::test
