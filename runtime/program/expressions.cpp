#include "program/expressions.h"

#include <algorithm>

namespace mtc {
namespace {

using schema::ExprKind;

bool IsLeaf(ExprKind kind) { return kind == ExprKind::constant || kind == ExprKind::symbol; }

// False on overflow or a zero divisor.
bool Apply(ExprKind kind, int64_t a, int64_t b, int64_t* result) {
  switch (kind) {
    case ExprKind::add:
      return !__builtin_add_overflow(a, b, result);
    case ExprKind::mul:
      return !__builtin_mul_overflow(a, b, result);
    case ExprKind::floor_div:
    case ExprKind::mod: {
      if (b == 0 || (a == INT64_MIN && b == -1)) return false;
      const int64_t rest = a % b;
      const bool rounds_down = rest != 0 && (rest < 0) != (b < 0);
      *result = kind == ExprKind::mod ? rest + (rounds_down ? b : 0) : a / b - (rounds_down ? 1 : 0);
      return true;
    }
    case ExprKind::min:
      *result = std::min(a, b);
      return true;
    case ExprKind::max:
      *result = std::max(a, b);
      return true;
    default:
      return false;
  }
}

}  // namespace

Status VerifyExpressions(Span<const schema::Expr> expressions, uint32_t symbols, Error& error) {
  for (size_t i = 0; i < expressions.size(); ++i) {
    const schema::Expr& e = expressions[i];
    bool is_valid = e.kind() <= ExprKind::MAX;
    if (e.kind() == ExprKind::symbol) {
      is_valid = e.a() >= 0 && e.a() < int64_t{symbols};
    } else if (is_valid && !IsLeaf(e.kind())) {
      const int64_t limit = static_cast<int64_t>(i);
      is_valid = e.a() >= 0 && e.a() < limit && e.b() >= 0 && e.b() < limit;
    }
    if (!is_valid) return error.Report(Status::kInvalidProgram, "expression %zu refers to what does not exist", i);
  }
  return Status::kOk;
}

Status Evaluate(Span<const schema::Expr> expressions, Span<const int64_t> symbols, int64_t* results, Error& error) {
  for (size_t i = 0; i < expressions.size(); ++i) {
    const schema::Expr& e = expressions[i];
    if (e.kind() == ExprKind::constant) {
      results[i] = e.a();
    } else if (e.kind() == ExprKind::symbol) {
      results[i] = symbols[static_cast<size_t>(e.a())];
    } else if (!Apply(e.kind(), results[e.a()], results[e.b()], &results[i])) {
      return error.Report(Status::kInvalidArgument, "these input sizes make a dim overflow or divide by zero");
    }
  }
  return Status::kOk;
}

}  // namespace mtc
