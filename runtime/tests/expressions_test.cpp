#include "program/expressions.h"

#include <vector>

#include "gtest/gtest.h"
#include "program/layout.h"
#include "tests/program_builder.h"

namespace mtc {
namespace {

using schema::Expr;
using schema::ExprKind;

int64_t Apply(ExprKind kind, int64_t a, int64_t b, Status* status) {
  const Expr expressions[] = {Expr(a, 0, ExprKind::constant), Expr(0, 0, ExprKind::symbol), Expr(0, 1, kind)};
  const int64_t symbols[] = {b};
  int64_t results[3] = {};
  Error error;
  EXPECT_EQ(VerifyExpressions(expressions, 1, error), Status::kOk);
  *status = Evaluate(expressions, symbols, results, error);
  return results[2];
}

int64_t Value(ExprKind kind, int64_t a, int64_t b) {
  Status status;
  const int64_t result = Apply(kind, a, b, &status);
  EXPECT_EQ(status, Status::kOk);
  return result;
}

bool Fails(ExprKind kind, int64_t a, int64_t b) {
  Status status;
  Apply(kind, a, b, &status);
  return status == Status::kInvalidArgument;
}

TEST(Expressions, DivideAsPythonDoes) {
  EXPECT_EQ(Value(ExprKind::floor_div, 7, 2), 3);
  EXPECT_EQ(Value(ExprKind::floor_div, -7, 2), -4);
  EXPECT_EQ(Value(ExprKind::floor_div, 7, -2), -4);
  EXPECT_EQ(Value(ExprKind::floor_div, -8, 2), -4);
  EXPECT_EQ(Value(ExprKind::mod, 7, 2), 1);
  EXPECT_EQ(Value(ExprKind::mod, -7, 2), 1);
  EXPECT_EQ(Value(ExprKind::mod, 7, -2), -1);
  EXPECT_EQ(Value(ExprKind::mod, -8, 2), 0);
}

TEST(Expressions, OtherKinds) {
  EXPECT_EQ(Value(ExprKind::add, 7, -2), 5);
  EXPECT_EQ(Value(ExprKind::mul, 7, -2), -14);
  EXPECT_EQ(Value(ExprKind::min, 7, -2), -2);
  EXPECT_EQ(Value(ExprKind::max, 7, -2), 7);
}

TEST(Expressions, OverflowAndZeroDivisorsAreErrors) {
  EXPECT_TRUE(Fails(ExprKind::add, INT64_MAX, 1));
  EXPECT_TRUE(Fails(ExprKind::mul, INT64_MAX, 2));
  EXPECT_TRUE(Fails(ExprKind::floor_div, 1, 0));
  EXPECT_TRUE(Fails(ExprKind::mod, 1, 0));
  EXPECT_TRUE(Fails(ExprKind::floor_div, INT64_MIN, -1));
  EXPECT_TRUE(Fails(ExprKind::mod, INT64_MIN, -1));
}

TEST(Expressions, ReferToEarlierOnesOnly) {
  Error error;
  const std::vector<Expr> wrong = {
      Expr(0, 0, ExprKind::add), Expr(-1, 0, ExprKind::symbol),        Expr(1, 0, ExprKind::symbol),
      Expr(0, 0, ExprKind(99)),  Expr(INT64_MAX, 0, ExprKind::symbol),
  };
  for (const Expr& e : wrong) EXPECT_EQ(VerifyExpressions({&e, 1}, 1, error), Status::kInvalidProgram);
  const Expr forward[] = {Expr(0, 0, ExprKind::constant), Expr(0, 1, ExprKind::add)};
  EXPECT_EQ(VerifyExpressions(forward, 0, error), Status::kInvalidProgram);
}

TEST(ByteSize, ChecksOverflowAlsoBesideAZero) {
  uint64_t bytes;
  const int64_t dims[] = {2, 3}, large[] = {1 << 30, 1 << 30}, hidden[] = {0, 1 << 30, 1 << 30}, negative[] = {-1};
  ASSERT_TRUE(ByteSize(DType::kF32, dims, &bytes));
  EXPECT_EQ(bytes, 24u);
  ASSERT_TRUE(ByteSize(DType::kI16, {}, &bytes));
  EXPECT_EQ(bytes, 2u);
  EXPECT_FALSE(ByteSize(DType::kF32, large, &bytes));
  EXPECT_FALSE(ByteSize(DType::kF32, hidden, &bytes));
  EXPECT_FALSE(ByteSize(DType::kF32, negative, &bytes));
}

// An alias [rows, columns] of a root; where it lies, or -1 if it does not lie inside.
int64_t Begin(schema::DType dtype, const test::Dims& dims, int64_t offset, bool is_pitched, schema::DType root_dtype,
              const test::Dims& root_dims) {
  test::ProgramBuilder builder;
  test::FunctionBuilder f = builder.Function("f");
  const uint32_t root = f.Value(root_dims, root_dtype);
  f.f->values[f.Alias(root, dims, offset, is_pitched)]->dtype = dtype;
  flatbuffers::FlatBufferBuilder tables;
  tables.Finish(schema::Program::Pack(tables, &builder.tables));
  const schema::Function& function = *schema::GetProgram(tables.GetBufferPointer())->functions()->Get(0);
  uint64_t bytes;
  EXPECT_TRUE(ByteSize(ToDType(root_dtype), Items(function.values()->Get(0)->dims()), &bytes));
  Located located;
  return Locate(function, 1, nullptr, bytes, &located) ? static_cast<int64_t>(located.begin) : -1;
}

TEST(Locate, PitchedRows) {
  const auto begin = [](const test::Dims& dims, int64_t offset, schema::DType dtype = schema::DType::f32) {
    return Begin(dtype, dims, offset, true, schema::DType::f32, {4, 10});
  };
  EXPECT_EQ(begin({4, 3}, 0), 0);
  EXPECT_EQ(begin({4, 3}, 7), 28);  // the last row ends where the root ends
  EXPECT_EQ(begin({4, 3}, 8), -1);
  EXPECT_EQ(begin({4, 3}, INT64_MAX), -1);
  EXPECT_EQ(begin({1, 11}, 0), -1);
  EXPECT_EQ(begin({5, 3}, 0), -1);
  EXPECT_EQ(begin({0, 3}, 47), 0);                      // nothing lies anywhere
  EXPECT_EQ(begin({4, 3}, 0, schema::DType::i16), -1);  // a pitch counts elements of one size
  EXPECT_EQ(begin({}, 0), -1);
}

TEST(Locate, NothingLiesInsideNothing) {
  const auto begin = [](const test::Dims& dims) {
    return Begin(schema::DType::f32, dims, 2, true, schema::DType::f32, {0, 10});
  };
  EXPECT_EQ(begin({0, 3}), 0);
  EXPECT_EQ(begin({1, 3}), -1);
}

TEST(Locate, ElementsAreAligned) {
  const auto begin = [](int64_t offset) {
    return Begin(schema::DType::f32, {2}, offset, false, schema::DType::u8, {16});
  };
  EXPECT_EQ(begin(8), 8);
  EXPECT_EQ(begin(7), -1);
  EXPECT_EQ(begin(12), -1);
}

}  // namespace
}  // namespace mtc
