// The checks that a table of fields leads say what the generated ones say, of sound and of damaged buffers.

#include "program/table_walk.h"

#include <vector>

#include "generated/program_layout.h"
#include "gtest/gtest.h"
#include "tests/mutator.h"
#include "tests/program_builder.h"

namespace mtc::test {
namespace {

// Something in every field of every table.
std::vector<uint8_t> FullTables() {
  ProgramBuilder b;
  const uint32_t add = b.Kernel("add@fake:f32/1");
  auto f = b.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0, 1, 64);
  const uint32_t doubled = f.Expr(schema::ExprKind::mul, 0, f.Expr(schema::ExprKind::constant, 2));
  const uint32_t x = f.Input({n, 2}, "x"), y = f.Value({n, 2});
  auto& i = f.Instruction(add, {int32_t(x), int32_t(b.Constant({2}, {1, 2}))}, {int32_t(y)});
  AddInts(i, {1, 2, 3});
  AddFloat(i, 0.5);
  AddAttr(i).exprs = {doubled};
  i.functions = {1, 2};
  f.Output(y);
  b.State("s", {2}, 0);
  b.Sample(0, false, 0, {2, 2}, {1, 2, 3, 4});
  schema::ProgramT& tables = b.tables;
  tables.producer = "test";
  tables.functions[0]->output_names = {"y"};
  tables.segments.push_back(std::make_unique<schema::SegmentT>());
  tables.segments.back()->file = std::string(64, 'a');
  tables.metadata.push_back(std::make_unique<schema::EntryT>());
  tables.metadata.back()->key = "labels";
  tables.metadata.back()->value = "cat\ndog";
  tables.backends = {"portable", "xnnpack"};
  tables.qparams.push_back(std::make_unique<schema::QParamsT>());
  tables.qparams.back()->scale = 0.25f;
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishProgramBuffer(builder, schema::Program::Pack(builder, &tables));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

std::vector<uint8_t> FullDebug() {
  schema::DebugT debug;
  debug.functions.push_back(std::make_unique<schema::DebugFunctionT>());
  debug.functions[0]->instructions.push_back(std::make_unique<schema::DebugInstructionT>());
  debug.functions[0]->instructions[0]->name = "add";
  debug.functions[0]->instructions[0]->location = "model.py:3 (layer)";
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(schema::Debug::Pack(builder, &debug));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

template <typename Root>
bool IsWholeByFlatBuffers(const std::vector<uint8_t>& data, const char* identifier) {
  flatbuffers::Verifier::Options options;
  options.max_depth = 16;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(data.size() / 8 + 1);
  return flatbuffers::Verifier(data.data(), data.size(), options).VerifyBuffer<Root>(identifier);
}

// What is refused here and there, but for list entries that lead to themselves, which FlatBuffers follows.
template <typename Root>
void Compare(const std::vector<uint8_t>& sound, uint8_t root, const char* identifier) {
  EXPECT_TRUE(IsWholeByFlatBuffers<Root>(sound, identifier));
  EXPECT_TRUE(IsWholeBuffer(sound.data(), sound.size(), root, identifier));
  constexpr int kMutants = 20000;
  int whole = 0, refused_here = 0;
  for (uint64_t seed = 1; seed <= kMutants; ++seed) {
    Mutator m(seed);
    std::vector<uint8_t> damaged = sound;
    m.Bytes(&damaged, 0, damaged.size());
    if (m.OneOf(8)) damaged.resize(m.Below(damaged.size()));
    const bool is_whole = IsWholeBuffer(damaged.data(), damaged.size(), root, identifier);
    const bool is_whole_there = IsWholeByFlatBuffers<Root>(damaged, identifier);
    EXPECT_TRUE(is_whole_there || !is_whole) << m.story();
    whole += is_whole;
    refused_here += is_whole_there && !is_whole;
  }
  EXPECT_TRUE(whole > kMutants / 20 && whole < kMutants - kMutants / 20) << whole;
  EXPECT_LT(refused_here, kMutants / 50);
}

TEST(TableWalk, SaysOfProgramsWhatFlatBuffersSays) {
  Compare<schema::Program>(FullTables(), kProgramTable, schema::ProgramIdentifier());
}

TEST(TableWalk, SaysOfDebugFactsWhatFlatBuffersSays) { Compare<schema::Debug>(FullDebug(), kDebugTable, nullptr); }

}  // namespace
}  // namespace mtc::test
