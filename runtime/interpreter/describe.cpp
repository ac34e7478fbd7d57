#include "interpreter/describe.h"

#include <cstdio>

namespace mtc {
namespace {

class Writer {
 public:
  explicit Writer(DType dtype) {
    static constexpr const char* kNames[kDTypeCount] = {"f32", "f64", "f16",  "bf16", "i8",  "u8", "i16",
                                                        "i32", "i64", "bool", "qi8",  "qu8", "qi4"};
    Put("%s[", kNames[static_cast<int>(dtype)]);
  }
  template <typename T>
  void Put(const char* format, T value) {
    const int wrote = snprintf(result_.text + used_, sizeof(result_.text) - used_, format, value);
    if (wrote > 0) used_ += static_cast<size_t>(wrote);
    if (used_ >= sizeof(result_.text)) used_ = sizeof(result_.text) - 1;
  }
  void Separate(size_t axis) {
    if (axis > 0) Put("%s", ", ");
  }
  TypeText Finish() {
    Put("%s", "]");
    return result_;
  }

 private:
  TypeText result_;
  size_t used_ = 0;
};

}  // namespace

TypeText Describe(DType dtype, Span<const int64_t> dims) {
  Writer writer(dtype);
  for (size_t i = 0; i < dims.size(); ++i) {
    writer.Separate(i);
    writer.Put("%lld", static_cast<long long>(dims[i]));
  }
  return writer.Finish();
}

TypeText Describe(const schema::Function& function, const schema::Value& value) {
  Writer writer(ToDType(value.dtype()));
  const auto dims = Items(value.dims());
  for (size_t i = 0; i < dims.size(); ++i) {
    writer.Separate(i);
    if (dims[i] >= 0) {
      writer.Put("%lld", static_cast<long long>(dims[i]));
      continue;
    }
    const schema::Expr& expression = Items(function.exprs())[ExpressionOf(dims[i])];
    const bool is_symbol = expression.kind() == schema::ExprKind::symbol;
    const char* name = is_symbol ? Text(function.symbol_names(), static_cast<uint32_t>(expression.a())) : "";
    writer.Put("%.16s", *name == '\0' ? "?" : name);
  }
  return writer.Finish();
}

}  // namespace mtc
