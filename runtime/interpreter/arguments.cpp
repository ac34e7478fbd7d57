#include "interpreter/arguments.h"

#include <cstring>

namespace mtc {
namespace {

static_assert(sizeof(Span<const int64_t>) == sizeof(Span<Tensor* const>), "spans of every type are stored alike");

constexpr size_t kWord = 8;

size_t RoundUp(size_t bytes) { return (bytes + kWord - 1) / kWord * kWord; }

class Filler {
 public:
  Filler(const schema::Instruction& instruction, Tensor* tensors, NestedFunction* const* nested, uint8_t* args,
         uint8_t* lists, List<SymbolicInt>* symbolic)
      : instruction_(instruction),
        inputs_(Items(instruction.inputs())),
        outputs_(Items(instruction.outputs())),
        tensors_(tensors),
        nested_(nested),
        args_(args),
        lists_(lists),
        symbolic_(symbolic) {}

  void Fill(const Field& field) {
    switch (field.kind) {
      case FieldKind::kInput:
      case FieldKind::kOptionalInput:
        return Put<const Tensor*>(field, Operand(inputs_[input_++]));
      case FieldKind::kVariadicInput:
        return PutOperands<const Tensor*>(field, inputs_, input_);
      case FieldKind::kOutput:
        return Put<Tensor*>(field, Operand(outputs_[output_++]));
      case FieldKind::kVariadicOutput:
        return PutOperands<Tensor*>(field, outputs_, output_);
      case FieldKind::kFunction:
        return Put(field, *nested_++);
      default:
        return FillAttribute(field, *instruction_.attrs()->Get(attr_++));
    }
  }

 private:
  template <typename T>
  void Put(const Field& field, T value) {
    memcpy(args_ + field.offset, &value, sizeof(value));
  }

  Tensor* Operand(int32_t value) const { return value < 0 ? nullptr : &tensors_[value]; }

  // All operands from `first` on.
  template <typename T>
  void PutOperands(const Field& field, Span<const int32_t> values, size_t first) {
    const size_t count = values.size() - first;
    T* list = Take<T>(count);
    for (size_t i = 0; i < count; ++i) list[i] = Operand(values[first + i]);
    Put(field, Span<T const>(list, count));
  }

  void FillAttribute(const Field& field, const schema::Attr& attr) {
    const auto ints = Items(attr.ints());
    const auto exprs = Items(attr.exprs());
    switch (field.kind) {
      case FieldKind::kInt:
        return Put(field, ints[0]);
      case FieldKind::kFloat:
        return Put(field, attr.floats()->Get(0));
      case FieldKind::kBool:
      case FieldKind::kEnum:
        return Put(field, static_cast<uint8_t>(ints[0]));
      case FieldKind::kFloats:
        return Put(field, Items(attr.floats()));
      case FieldKind::kDims:
        if (!exprs.empty()) {
          int64_t* list = Take<int64_t>(exprs.size());
          for (size_t i = 0; i < exprs.size(); ++i) symbolic_->Add({&list[i], exprs[i]});
          return Put(field, Span<const int64_t>(list, exprs.size()));
        }
        return Put(field, ints);
      default:
        return Put(field, ints);
    }
  }

  template <typename T>
  T* Take(size_t count) {
    T* list = reinterpret_cast<T*>(lists_);
    lists_ += RoundUp(count * sizeof(T));
    return list;
  }

  const schema::Instruction& instruction_;
  const Span<const int32_t> inputs_, outputs_;
  Tensor* tensors_;
  NestedFunction* const* nested_;
  uint8_t* args_;
  uint8_t* lists_;
  List<SymbolicInt>* symbolic_;
  size_t input_ = 0, output_ = 0;
  uint32_t attr_ = 0;
};

}  // namespace

size_t ArgumentBytes(const ArgsLayout& layout, const schema::Instruction& instruction) {
  size_t words = size_t{Count(instruction.inputs())} + Count(instruction.outputs()) + 2;  // each list may be rounded up
  for (uint32_t i = 0; i < Count(instruction.attrs()); ++i) words += Count(instruction.attrs()->Get(i)->exprs());
  return RoundUp(layout.size) + words * kWord;
}

void FillArguments(const ArgsLayout& layout, const schema::Instruction& instruction, Tensor* tensors,
                   NestedFunction* const* nested, uint8_t* memory, List<SymbolicInt>* symbolic) {
  Filler filler(instruction, tensors, nested, memory, memory + RoundUp(layout.size), symbolic);
  for (uint16_t i = 0; i < layout.count; ++i) filler.Fill(layout.fields[i]);
}

}  // namespace mtc
