#include "program/expressions.h"

#include <vector>

#include "gtest/gtest.h"
#include "program/layout.h"

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

TEST(Fits, PitchedRows) {
  const int64_t root[] = {4, 10}, part[] = {4, 3}, wide[] = {1, 11}, tall[] = {5, 3};
  const auto fits = [&](Span<const int64_t> dims, int64_t offset) {
    return Fits({DType::kF32, dims, offset, true}, DType::kF32, root, 160);
  };
  EXPECT_TRUE(fits(part, 0));
  EXPECT_TRUE(fits(part, 7));  // the last row ends where the root ends
  EXPECT_FALSE(fits(part, 8));
  EXPECT_FALSE(fits(part, -1));
  EXPECT_FALSE(fits(wide, 0));
  EXPECT_FALSE(fits(tall, 0));
  EXPECT_FALSE(Fits({DType::kI16, part, 0, true}, DType::kF32, root, 160));  // a pitch counts elements of one size
}

TEST(Fits, ElementsAreAligned) {
  const int64_t root[] = {16}, part[] = {2};
  EXPECT_TRUE(Fits({DType::kF32, part, 8, false}, DType::kU8, root, 16));
  EXPECT_FALSE(Fits({DType::kF32, part, 7, false}, DType::kU8, root, 16));
  EXPECT_FALSE(Fits({DType::kF32, part, 12, false}, DType::kU8, root, 16));
}

}  // namespace
}  // namespace mtc
