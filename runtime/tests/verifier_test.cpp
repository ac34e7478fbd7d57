// A program that is wrong in one way is refused with the reason.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "gtest/gtest.h"
#include "tests/run_program.h"

namespace mtc::test {
namespace {

using schema::DType;
using schema::ExprKind;
using schema::Place;

// Two planned instructions on a constant and a state, with a dynamic second function and a sample: everything that can
// be damaged.
ProgramBuilder Sound() {
  ProgramBuilder b;
  const uint32_t add = b.Kernel("add@fake:f32/1"), scale = b.Kernel("scale@fake:f32/1");
  const uint32_t constant = b.Constant({2}, {1, 2});
  auto f = b.Function("forward");
  const uint32_t x = f.Input({2}, "x", DType::f32, 0);                                   // 0
  const uint32_t w = f.Stored(Place::constant, constant, {2});                           // 1
  const uint32_t s = f.Stored(Place::state, b.State("s", {2}, int32_t(constant)), {2});  // 2
  const uint32_t sum = f.Value({2}, DType::f32, 64);                                     // 3
  const uint32_t y = f.Value({2}, DType::f32, 128);                                      // 4
  const uint32_t part = f.Alias(y, {1}, 1);                                              // 5
  f.Instruction(add, {int32_t(x), int32_t(w)}, {int32_t(sum)});
  auto& i = f.Instruction(scale, {int32_t(sum), -1}, {int32_t(y)});
  AddFloat(i, 2);
  AddInts(i, {1});
  AddInts(i, {0});
  AddInts(i, {2});
  f.Instruction(add, {int32_t(y), int32_t(s)}, {int32_t(f.Stored(Place::state, 0, {2}))});
  f.Output(y);
  f.Output(part);
  f.Planned(192);
  auto g = b.Function("dynamic");
  const int64_t n = g.Symbol("n", 0, 0, 1, 8);
  g.Output(g.Input({n}, "x"));
  b.Sample(0, false, 0, {2}, {3, 4});
  return b;
}

void ExpectRuns(ProgramBuilder builder) {
  const auto file = builder.Build();
  std::string error;
  const ProgramHandle program = Load(file, &error);
  ASSERT_NE(program, nullptr) << error;
  const SessionHandle session = MakeSession(program.get());
  ASSERT_EQ(test::Run(session.get(), 0, {{{2}, {3, 4}}}, &error), MTC_OK) << error;
  EXPECT_EQ(Output(session.get(), 0, 1), (std::vector<float>{120}));
}

TEST(Verifier, TheSoundProgramRuns) { ExpectRuns(Sound()); }

struct Damage {
  const char* reason;
  std::function<void(schema::ProgramT&)> damage;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.reason; }

class DamageTest : public testing::TestWithParam<Damage> {};

TEST_P(DamageTest, IsRefused) {
  ProgramBuilder builder = Sound();
  GetParam().damage(builder.tables);
  std::string error;
  EXPECT_EQ(Load(builder.Build(), &error), nullptr);
  EXPECT_NE(error.find(GetParam().reason), std::string::npos) << error;
}

schema::FunctionT& F(schema::ProgramT& p) { return *p.functions[0]; }
schema::FunctionT& G(schema::ProgramT& p) { return *p.functions[1]; }
schema::ValueT& V(schema::ProgramT& p, size_t value) { return *F(p).values[value]; }
schema::InstructionT& I(schema::ProgramT& p, size_t instruction) { return *F(p).instructions[instruction]; }

const Damage kDamages[] = {
    {"it has no function",
     [](auto& p) {
       p.functions.clear();
       p.samples.clear();
     }},
    {"constant 0: unknown dtype", [](auto& p) { p.constants[0]->dtype = DType(13); }},
    {"constant 0: more than 8 dims", [](auto& p) { p.constants[0]->dims.assign(9, 1); }},
    {"constant 0: impossible size", [](auto& p) { p.constants[0]->dims = {INT64_MAX, INT64_MAX}; }},
    {"constant 0: impossible size", [](auto& p) { p.constants[0]->dims = {-1}; }},
    {"constant 0: its data ends beyond", [](auto& p) { p.constants[0]->dims = {100}; }},
    {"constant 0: its data ends beyond", [](auto& p) { p.constants[0]->offset = 64; }},
    {"constant 0: its data ends beyond", [](auto& p) { p.constants[0]->offset = UINT64_MAX - 63; }},
    {"constant 0: its data is not aligned", [](auto& p) { p.constants[0]->offset = 4; }},
    {"constant 0: it refers to a segment", [](auto& p) { p.constants[0]->segment = 1; }},
    {"constant 0: it refers to a segment", [](auto& p) { p.constants[0]->segment = UINT32_MAX; }},
    {"state `s`: its initial value is not", [](auto& p) { p.states[0]->initial = 1; }},
    {"state `s`: its initial value is not", [](auto& p) { p.states[0]->initial = -2; }},
    {"state `s`: its initial value has", [](auto& p) { p.states[0]->dims = {1}; }},
    {"sample 0: it belongs to no", [](auto& p) { p.samples[0]->index = 1; }},
    {"sample 0: it belongs to no", [](auto& p) { p.samples[0]->function = 2; }},
    {"a kernel without a key", [](auto& p) { p.kernels[0] = ""; }},
    {"value 0: unknown dtype", [](auto& p) { V(p, 0).dtype = DType(255); }},
    {"value 0: unknown place", [](auto& p) { V(p, 0).place = Place(3); }},
    {"value 0: a planned function has a",
     [](auto& p) {
       F(p).exprs.emplace_back(2, 0, ExprKind::constant);
       V(p, 0).dims = {Symbolic(0)};
     }},
    {"value 0: a dim refers to an expr", [](auto& p) { V(p, 0).dims = {-1}; }},
    {"value 0: a dim refers to an expr", [](auto& p) { V(p, 0).dims = {INT64_MIN}; }},
    {"value 5: its place refers to an", [](auto& p) { V(p, 5).alias_offset = -1; }},
    {"value 1: it refers to a constant", [](auto& p) { V(p, 1).index = 1; }},
    {"value 1: its type is not that of", [](auto& p) { V(p, 1).dims = {3}; }},
    {"value 2: it refers to a state", [](auto& p) { V(p, 2).index = 1; }},
    {"value 2: its type is not that of", [](auto& p) { V(p, 2).dtype = DType::i32; }},
    {"value 5: its aliases form a circle", [](auto& p) { V(p, 5).alias_of = 5; }},
    {"value 4: its aliases form a circle", [](auto& p) { V(p, 4).alias_of = 5; }},
    {"value 5: its aliases form a circle", [](auto& p) { V(p, 5).alias_of = 7; }},
    {"value 5: an alias of nothing", [](auto& p) { V(p, 5).alias_of = -2; }},
    {"value 5: it does not lie inside", [](auto& p) { V(p, 5).alias_offset = 2; }},
    {"value 5: it does not lie inside", [](auto& p) { V(p, 5).alias_offset = INT64_MAX; }},
    {"value 1: a constant or state cannot", [](auto& p) { V(p, 1).alias_of = 3; }},
    {"value 3: only an alias can be pitched", [](auto& p) { V(p, 3).is_pitched = true; }},
    {"value 3: it is not aligned", [](auto& p) { V(p, 3).offset = 32; }},
    {"value 4: it ends beyond the arena", [](auto& p) { V(p, 4).offset = 192; }},
    {"value 4: it ends beyond the arena", [](auto& p) { V(p, 4).offset = UINT64_MAX - 63; }},
    {"values 0 and 3 overlap", [](auto& p) { V(p, 3).offset = 0; }},
    {"values 3 and 4 overlap", [](auto& p) { V(p, 3).offset = 128; }},
    {"an input is a value that does not", [](auto& p) { F(p).inputs = {7}; }},
    {"an input has no storage", [](auto& p) { F(p).inputs = {1}; }},
    {"an input has no storage", [](auto& p) { F(p).inputs = {5}; }},
    {"two inputs are one value", [](auto& p) { F(p).inputs = {0, 0}; }},
    {"an output is a value that does not", [](auto& p) { F(p).outputs = {7}; }},
    {"an output is not dense", [](auto& p) { V(p, 5).is_pitched = true; }},
    {"an output is never written",
     [](auto& p) {
       F(p).instructions.pop_back();
       F(p).instructions.pop_back();
     }},
    {"instruction 0: its kernel does not", [](auto& p) { I(p, 0).kernel = 2; }},
    {"instruction 0: an operand does not", [](auto& p) { I(p, 0).inputs[0] = 7; }},
    {"instruction 0: an operand does not", [](auto& p) { I(p, 0).inputs[0] = -2; }},
    {"instruction 0: a result does not", [](auto& p) { I(p, 0).outputs[0] = 7; }},
    {"instruction 0: it reads value 4 before", [](auto& p) { I(p, 0).inputs[0] = 4; }},
    {"instruction 0: it reads value 5 before", [](auto& p) { I(p, 0).inputs[0] = 5; }},
    {"instruction 0: it writes constant", [](auto& p) { I(p, 0).outputs[0] = 1; }},
    {"instruction 0: it writes value 0, which", [](auto& p) { I(p, 0).outputs[0] = 0; }},
    {"instruction 1: it writes value 3, which", [](auto& p) { I(p, 1).outputs[0] = 3; }},
    {"instruction 0: a nested function does", [](auto& p) { I(p, 0).functions = {0}; }},
    {"instruction 0: a nested function does", [](auto& p) { I(p, 0).functions = {2}; }},
    {"instruction 1: an attribute refers to", [](auto& p) { I(p, 1).attrs[0]->exprs = {0}; }},
    {"(`add@fake:f32/1`): too few operands", [](auto& p) { I(p, 0).inputs.pop_back(); }},
    {"(`add@fake:f32/1`): too many operands", [](auto& p) { I(p, 0).inputs.push_back(0); }},
    {"(`add@fake:f32/1`): too few results", [](auto& p) { I(p, 2).outputs.clear(); }},
    {"(`add@fake:f32/1`): too many results", [](auto& p) { I(p, 0).outputs.push_back(-1); }},
    {"(`add@fake:f32/1`): an operand or result is missing", [](auto& p) { I(p, 0).inputs[1] = -1; }},
    {"(`add@fake:f32/1`): an operand or result is missing", [](auto& p) { I(p, 2).outputs[0] = -1; }},
    {"(`add@fake:f32/1`): too many attributes", [](auto& p) { AddInts(I(p, 0), {1}); }},
    {"(`add@fake:f32/1`): too many nested", [](auto& p) { I(p, 0).functions = {1}; }},
    {"(`add@fake:f32/1`): an operand or result has", [](auto& p) { V(p, 3).dtype = DType::i32; }},
    {"(`scale@fake:f32/1`): too few attributes", [](auto& p) { I(p, 1).attrs.pop_back(); }},
    {"(`scale@fake:f32/1`): an attribute is not", [](auto& p) { I(p, 1).attrs[0]->floats.clear(); }},
    {"(`scale@fake:f32/1`): an attribute is not", [](auto& p) { I(p, 1).attrs[1]->ints.clear(); }},
    {"(`scale@fake:f32/1`): an attribute is not", [](auto& p) { I(p, 1).attrs[2]->ints = {2}; }},
    {"(`scale@fake:f32/1`): an attribute is not", [](auto& p) { I(p, 1).attrs[3]->ints = {3}; }},
    {"built without the kernels `mul@fake:f32/1`, `sub@fake:f32/1`",
     [](auto& p) { p.kernels = {"mul@fake:f32/1", "sub@fake:f32/1"}; }},
    {"symbol 0: impossible range", [](auto& p) { G(p).symbols[0] = schema::Symbol(9, 8, 0, 0); }},
    {"symbol 0: impossible range", [](auto& p) { G(p).symbols[0] = schema::Symbol(-1, 8, 0, 0); }},
    {"symbol 0: it is bound to an input", [](auto& p) { G(p).symbols[0] = schema::Symbol(1, 8, 1, 0); }},
    {"symbol 0: it is bound to an axis", [](auto& p) { G(p).symbols[0] = schema::Symbol(1, 8, 0, 1); }},
    {"symbol 0: it is bound to a fixed", [](auto& p) { G(p).values[0]->dims = {4}; }},
    {"symbol 0: it is bound to another", [](auto& p) { G(p).exprs[0] = schema::Expr(4, 0, ExprKind::constant); }},
    {"expression 0 refers to what", [](auto& p) { G(p).exprs[0] = schema::Expr(0, 0, ExprKind::add); }},
    {"segment 0 lies outside",
     [](auto& p) {
       p.segments[0]->file = std::string(64, 'a');
       p.segments[0]->file.clear();
       p.segments.push_back(std::make_unique<schema::SegmentT>());
       p.segments.back()->kind = schema::SegmentKind::delegate;
       p.segments.back()->size = UINT64_MAX;
       std::swap(p.segments[0], p.segments.back());
     }},
    {"does not name a file by its hash", [](auto& p) { p.segments[1]->file = "../../etc/passwd"; }},
    {"does not name a file by its hash", [](auto& p) { p.segments[1]->file = std::string(63, 'a') + "/"; }},
    {"load it by its path",
     [](auto& p) {
       p.segments[1]->offset = 0;
       p.segments[1]->file = std::string(64, 'a');
     }},
};

INSTANTIATE_TEST_SUITE_P(Verifier, DamageTest, testing::ValuesIn(kDamages));

TEST(Verifier, NamesWhatItSaysOfAFunction) {
  ProgramBuilder builder = Sound();
  V(builder.tables, 3).offset = 0;
  std::string error;
  Status status;
  EXPECT_EQ(Load(builder.Build(), &error, 0, &status), nullptr);
  EXPECT_EQ(error, "function `forward`: values 0 and 3 overlap in memory");
  EXPECT_EQ(status, Status::kInvalidProgram);
}

TEST(Verifier, StorageMayBeReusedOnceItIsFree) {
  ProgramBuilder builder = Sound();
  V(builder.tables, 4).offset = 0;  // the input is read for the last time before
  std::string error;
  EXPECT_NE(Load(builder.Build(), &error), nullptr) << error;
}

TEST(Verifier, MemoryLimit) {
  const auto file = Sound().Build();
  std::string error;
  Status status;
  EXPECT_NE(Load(file, &error, 320), nullptr) << error;  // 192 of arena, 128 of state
  EXPECT_EQ(Load(file, &error, 319, &status), nullptr);
  EXPECT_EQ(status, Status::kOutOfMemory);
  EXPECT_EQ(Load(file, &error, 100, &status), nullptr);
  EXPECT_EQ(status, Status::kOutOfMemory);
}

// The sound program, whose constant is made of another: 1 and 2 in halves.
ProgramBuilder Encoded() {
  ProgramBuilder b = Sound();
  const uint32_t halves = 0x40003c00;
  float bits;
  memcpy(&bits, &halves, sizeof(bits));
  b.tables.constants[b.Constant({2}, {bits})]->dtype = DType::f16;
  b.tables.constants[b.Constant({2}, {})]->encoded = 1;
  V(b.tables, 1).index = 2;
  return b;
}

TEST(Verifier, ConstantsMayBeMadeOfOthers) {
  ExpectRuns(Encoded());
  std::string error;
  const Damage damages[] = {
      {"constant 2: it is made of what is not", [](auto& p) { p.constants[2]->encoded = 3; }},
      {"constant 2: it is made of what is not", [](auto& p) { p.constants[2]->encoded = 2; }},
      {"constant 2: it is made of another type", [](auto& p) { p.constants[2]->dims = {1, 2}; }},
      {"constant 2: it is made of another type", [](auto& p) { p.constants[2]->dtype = DType::i32; }},
      {"constant 2: it is made of another type", [](auto& p) { p.constants[1]->dtype = DType::i16; }},
      {"constant 2: it is made of another type", [](auto& p) { p.constants[2]->qparams = 0; }},
  };
  for (const Damage& damage : damages) {
    ProgramBuilder b = Encoded();
    damage.damage(b.tables);
    EXPECT_EQ(Load(b.Build(), &error), nullptr);
    EXPECT_NE(error.find(damage.reason), std::string::npos) << error << " instead of " << damage.reason;
  }
}

using TableOf = std::function<const void*(const schema::Program&)>;

// Why the program is refused once a list of dims lies 4 bytes beside where an 8-byte number has to: that in the field
// `dims` of a table.
std::string ErrorOfMisaligned(const TableOf& table_of, flatbuffers::voffset_t dims) {
  ProgramBuilder b = Encoded();
  b.Kernel(std::string(64, 'Q'));  // room for another list
  std::vector<uint8_t> file = b.Build();
  Block block;
  EXPECT_TRUE(block.Allocate(file.size()));
  uint8_t* memory = block.data();
  memcpy(memory, file.data(), file.size());
  FileHeader header;
  memcpy(&header, memory, sizeof(header));
  const void* table = table_of(*schema::GetProgram(memory + header.tables_offset));
  auto* field = const_cast<uint8_t*>(static_cast<const flatbuffers::Table*>(table)->GetAddressOf(dims));
  const std::string mark = "QQQQ";
  const auto found = std::search(memory, memory + file.size(), mark.begin(), mark.end());
  uint8_t* list = memory + (static_cast<size_t>(found - memory) + 15) / 8 * 8;
  const uint32_t count = 1, offset = static_cast<uint32_t>(list - field);
  const int64_t dim = 2;
  memcpy(list, &count, sizeof(count));
  memcpy(list + sizeof(count), &dim, sizeof(dim));
  memcpy(field, &offset, sizeof(offset));
  std::copy(memory, memory + file.size(), file.begin());
  std::string error;
  EXPECT_EQ(Load(file, &error), nullptr);
  return error;
}

TEST(Verifier, ListsAreAligned) {
  const auto constant = [](uint32_t i) {
    return [i](const schema::Program& p) -> const void* { return p.constants()->Get(i); };
  };
  const TableOf state = [](const schema::Program& p) { return p.states()->Get(0); };
  EXPECT_EQ(ErrorOfMisaligned(constant(0), schema::Constant::VT_DIMS), "constant 0: a list is not aligned");
  EXPECT_EQ(ErrorOfMisaligned(constant(2), schema::Constant::VT_DIMS), "constant 2: a list is not aligned");
  EXPECT_EQ(ErrorOfMisaligned(state, schema::State::VT_DIMS), "state `s`: a list is not aligned");
}

TEST(Verifier, FunctionsNestToALimit) {
  ProgramBuilder b;
  const uint32_t loop = b.Kernel("loop@fake:f32/1");
  const auto chain = [&](uint32_t count, int uses) {
    b.tables.functions.clear();
    for (uint32_t i = 0; i < count; ++i) {
      auto f = b.Function("f" + std::to_string(i));
      const uint32_t x = f.Input({1}, "x"), y = f.Value({1});
      f.Output(i + 1 < count ? y : x);
      if (i + 1 == count) continue;
      for (int use = 0; use < uses; ++use) {
        auto& instruction = f.Instruction(loop, {int32_t(x)}, {int32_t(use == 0 ? y : f.Value({1}))});
        AddInts(instruction, {1});
        instruction.functions = {i + 1};
      }
    }
    return b.Build();
  };
  std::string error;
  EXPECT_NE(Load(chain(33, 1), &error), nullptr) << error;
  EXPECT_EQ(Load(chain(30, 2), &error), nullptr);
  EXPECT_NE(error.find("repeat each other"), std::string::npos) << error;
  // What is repeated may be lists alone.
  chain(12, 2);
  auto& last = *b.tables.functions.back();
  last.exprs.resize(1 << 12, schema::Expr(1, 0, schema::ExprKind::constant));
  EXPECT_EQ(Load(b.Build(), &error), nullptr);
  EXPECT_NE(error.find("repeat each other"), std::string::npos) << error;
  EXPECT_EQ(Load(chain(34, 1), &error), nullptr);
  EXPECT_NE(error.find("nested more than 32"), std::string::npos) << error;
}

TEST(Loader, RefusesOtherFiles) {
  std::string error;
  EXPECT_EQ(Load({}, &error), nullptr);
  EXPECT_EQ(error, "this is not an mtc program");
  const auto sound = Sound().Build();
  for (size_t size = 0; size < sound.size(); size += 13) {
    EXPECT_EQ(Load(std::vector<uint8_t>(sound.begin(), sound.begin() + int64_t(size)), &error), nullptr);
  }
  auto file = sound;
  file[8] = 9;
  EXPECT_EQ(Load(file, &error), nullptr);
  EXPECT_EQ(error, "the program has format version 9; this runtime reads version 2");
  for (const size_t field : {size_t{16}, size_t{24}}) {  // the tables' offset and size
    file = sound;
    file[field + 7] = 0xff;
    EXPECT_EQ(Load(file, &error), nullptr);
    EXPECT_EQ(error, "the program's tables are not where its header says");
  }
}

TEST(Loader, TakesMemoryThatIsNotAligned) {
  const auto file = Sound().Build();
  std::vector<uint8_t> memory(file.size() + 64);
  for (size_t shift = 0; shift < 64; shift += 7) {
    std::copy(file.begin(), file.end(), memory.begin() + int64_t(shift));
    mtc_program* program = nullptr;
    mtc_error error;
    // The kernels are missing in the runtime's own table, which is found out last.
    const mtc_status status = mtc_program_load_memory(memory.data() + shift, file.size(), nullptr, &program, &error);
    EXPECT_EQ(status, MTC_MISSING_KERNEL) << error.message;
  }
}

class LoadFileTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::vector<uint8_t>& data) {
    const std::string path = folder_ + name;
    FILE* file = fopen(path.c_str(), "wb");
    fwrite(data.data(), 1, data.size(), file);
    fclose(file);
    paths_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const std::string& path : paths_) unlink(path.c_str());
  }
  ProgramHandle LoadPath(const std::string& path) { return LoadFrom(ProgramSource::File(path.c_str())); }
  ProgramHandle LoadFrom(const ProgramSource& source) {
    mtc_program* handle = nullptr;
    const KernelTable tables[] = {FakeKernels()};
    status_ = LoadProgram(source, nullptr, tables, &handle, error_);
    return ProgramHandle(handle);
  }

  std::string folder_ = testing::TempDir();
  std::vector<std::string> paths_;
  Status status_ = Status::kOk;
  Error error_;
};

TEST_F(LoadFileTest, FromAPathAndFromARangeOfAFile) {
  const auto file = Sound().Build();
  const ProgramHandle program = LoadPath(Write("mtc_program.mtp", file));
  ASSERT_NE(program, nullptr) << error_.message();
  mtc_tensor sample;
  ASSERT_EQ(mtc_program_sample(program.get(), 0, false, 0, &sample), MTC_OK);
  EXPECT_EQ(static_cast<const float*>(sample.data)[1], 4);
  EXPECT_EQ(mtc_program_sample(program.get(), 0, true, 0, &sample), MTC_INVALID_ARGUMENT);

  std::vector<uint8_t> archive(4100 + file.size(), 1);
  std::copy(file.begin(), file.end(), archive.begin() + 4100);
  const int fd = open(Write("mtc_archive", archive).c_str(), O_RDONLY);
  EXPECT_NE(LoadFrom(ProgramSource::Range(fd, 4100, file.size())), nullptr) << error_.message();
  EXPECT_EQ(LoadFrom(ProgramSource::Range(fd, 4099, file.size())), nullptr);
  EXPECT_EQ(status_, Status::kInvalidProgram);
  close(fd);
}

TEST_F(LoadFileTest, ConstantsMayStandInAnotherFile) {
  ProgramBuilder builder = Sound();
  const std::string hash(64, 'c');
  builder.tables.segments[0]->file = hash;
  builder.tables.segments[0]->size = builder.constants.size();
  const std::string path = Write("mtc_program.mtp", builder.Build());
  EXPECT_EQ(LoadPath(path), nullptr);
  EXPECT_NE(std::string(error_.message()).find("cannot open"), std::string::npos) << error_.message();
  Write(hash, builder.constants);
  EXPECT_NE(LoadPath(path), nullptr) << error_.message();
  Write(hash, {1, 2, 3});
  EXPECT_EQ(LoadPath(path), nullptr);
  EXPECT_NE(std::string(error_.message()).find("has 3 bytes; the program says 8"), std::string::npos);
}

TEST(Signature, SaysWhatTheCallerDecides) {
  const auto file = Sound().Build();
  const ProgramHandle program = Load(file, nullptr);
  mtc_signature signature;
  ASSERT_EQ(mtc_program_input(program.get(), 1, 0, &signature), MTC_OK);
  EXPECT_STREQ(signature.name, "x");
  EXPECT_EQ(signature.dims[0], -1);
  EXPECT_EQ(signature.min_dims[0], 1);
  EXPECT_EQ(signature.max_dims[0], 8);
  ASSERT_EQ(mtc_program_output(program.get(), 0, 1, &signature), MTC_OK);
  EXPECT_EQ(signature.dims[0], 1);
  EXPECT_EQ(mtc_program_input(program.get(), 0, 1, &signature), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_input(program.get(), 2, 0, &signature), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_function_count(program.get()), 2u);
  EXPECT_STREQ(mtc_program_function_name(program.get(), 1), "dynamic");
  EXPECT_EQ(mtc_program_function_name(program.get(), 2), nullptr);
  EXPECT_STREQ(mtc_program_kernel(program.get(), 1), "scale@fake:f32/1");
  EXPECT_EQ(mtc_program_kernel(program.get(), 2), nullptr);
  EXPECT_EQ(mtc_program_metadata(program.get(), "nothing"), nullptr);
}

}  // namespace
}  // namespace mtc::test
