#include "interpreter/describe.h"

namespace mtc {

TypeText Describe(const schema::Function& function, const schema::Value& value) {
  TypeWriter writer(ToDType(value.dtype()));
  for (const int64_t dim : Items(value.dims())) {
    if (dim >= 0) {
      writer.Add(dim);
      continue;
    }
    const schema::Expr& expression = Items(function.exprs())[ExpressionOf(dim)];
    const bool is_symbol = expression.kind() == schema::ExprKind::symbol;
    const char* name = is_symbol ? Text(function.symbol_names(), static_cast<uint32_t>(expression.a())) : "";
    writer.Add(*name == '\0' ? "?" : name);
  }
  return writer.Finish();
}

}  // namespace mtc
