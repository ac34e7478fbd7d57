#ifndef MTC_PROGRAM_EXPRESSIONS_H_
#define MTC_PROGRAM_EXPRESSIONS_H_

#include <cstdint>

#include "core/span.h"
#include "core/status.h"
#include "program/tables.h"

namespace mtc {

// Each expression is of a known kind and refers to earlier ones or to one of `symbols` symbols.
Status VerifyExpressions(Span<const schema::Expr> expressions, uint32_t symbols, Error& error);

// Evaluates all in order. Division rounds towards minus infinity, and mod has the divisor's sign, as in Python.
// kInvalidArgument on overflow or a zero divisor: the caller's sizes lead there.
Status Evaluate(Span<const schema::Expr> expressions, Span<const int64_t> symbols, int64_t* results, Error& error);

}  // namespace mtc

#endif  // MTC_PROGRAM_EXPRESSIONS_H_
