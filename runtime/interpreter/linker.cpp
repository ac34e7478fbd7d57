#include "interpreter/linker.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace mtc {
namespace {

constexpr uint8_t kAnyType = 0xff;

// Not inlined: GCC 12 would take the key for a byte of the table object it is read from, and warn.
[[gnu::noinline]] const KernelEntry* Find(const KernelTable& table, const char* key) {
  size_t low = 0, high = table.count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = strcmp(table.entries[middle].key, key);
    if (order == 0) return &table.entries[middle];
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return nullptr;
}

// Walks an instruction's lists along its kernel's fields.
class InstructionChecker {
 public:
  InstructionChecker(const schema::Function& function, const schema::Instruction& instruction,
                     const KernelEntry& kernel)
      : function_(function),
        layout_(*kernel.layout),
        types_(kernel.types),
        instruction_(instruction),
        inputs_(Items(instruction.inputs())),
        outputs_(Items(instruction.outputs())) {}

  // Why the instruction cannot be given to its kernel; null if it can.
  const char* Check() {
    for (uint16_t i = 0; i < layout_.count; ++i) {
      if (const char* reason = CheckField(layout_.fields[i])) return reason;
    }
    if (input_ != inputs_.size()) return "too many operands";
    if (output_ != outputs_.size()) return "too many results";
    if (attr_ != Count(instruction_.attrs())) return "too many attributes";
    if (nested_ != Count(instruction_.functions())) return "too many nested functions";
    return nullptr;
  }

 private:
  const char* CheckField(const Field& field) {
    switch (field.kind) {
      case FieldKind::kInput:
      case FieldKind::kOptionalInput:
        if (input_ == inputs_.size()) return "too few operands";
        return CheckValue(inputs_[input_++], *types_++, field.kind == FieldKind::kOptionalInput);
      case FieldKind::kVariadicInput:
        for (; input_ < inputs_.size(); ++input_) {
          if (const char* reason = CheckValue(inputs_[input_], *types_, false)) return reason;
        }
        ++types_;
        return nullptr;
      case FieldKind::kOutput: {
        if (output_ == outputs_.size()) return "too few results";
        const int32_t value = outputs_[output_++];
        has_result_ |= value >= 0;
        // A kernel with one result may rely on it; one with several, on one of them.
        return CheckValue(value, *types_++, has_result_ || output_ < outputs_.size());
      }
      case FieldKind::kVariadicOutput:
        for (; output_ < outputs_.size(); ++output_) {
          if (const char* reason = CheckValue(outputs_[output_], *types_, true)) return reason;
        }
        ++types_;
        return nullptr;
      case FieldKind::kFunction:
        return nested_++ == Count(instruction_.functions()) ? "too few nested functions" : nullptr;
      default:
        if (attr_ == Count(instruction_.attrs())) return "too few attributes";
        return CheckAttribute(*instruction_.attrs()->Get(attr_++), field);
    }
  }

  const char* CheckValue(int32_t value, uint8_t type, bool may_be_absent) const {
    if (value < 0) return may_be_absent ? nullptr : "an operand or result is missing";
    const schema::DType dtype = function_.values()->Get(static_cast<uint32_t>(value))->dtype();
    return type == kAnyType || type == static_cast<uint8_t>(dtype) ? nullptr : "an operand or result has another dtype";
  }

  static const char* CheckAttribute(const schema::Attr& attr, const Field& field) {
    const auto ints = Items(attr.ints());
    const size_t floats = Count(attr.floats());
    const size_t exprs = Count(attr.exprs());
    bool is_right = exprs == 0 || field.kind == FieldKind::kDims;
    switch (field.kind) {
      case FieldKind::kInt:
        is_right &= ints.size() == 1;
        break;
      case FieldKind::kFloat:
        is_right &= floats == 1;
        break;
      case FieldKind::kBool:
        is_right &= ints.size() == 1 && (ints[0] == 0 || ints[0] == 1);
        break;
      case FieldKind::kEnum:
        is_right &= ints.size() == 1 && ints[0] >= 0 && ints[0] < field.limit;
        break;
      case FieldKind::kInts:
        is_right &= field.limit == 0 || ints.size() == field.limit;
        break;
      case FieldKind::kFloats:
        is_right &= field.limit == 0 || floats == field.limit;
        break;
      case FieldKind::kDims:
        is_right &= (exprs == 0 || ints.empty()) && (field.limit == 0 || exprs + ints.size() == field.limit);
        break;
      default:
        is_right = false;
    }
    return is_right ? nullptr : "an attribute is not of its kind";
  }

  const schema::Function& function_;
  const ArgsLayout& layout_;
  const uint8_t* types_;
  const schema::Instruction& instruction_;
  const Span<const int32_t> inputs_, outputs_;
  size_t input_ = 0, output_ = 0;
  uint32_t attr_ = 0, nested_ = 0;
  bool has_result_ = false;
};

}  // namespace

Status LinkedProgram::Link(Span<const KernelTable> tables, Isa highest, Error& error) {
  isa_ = std::min(DetectIsa(), highest);
  MTC_RETURN_IF_ERROR(FindKernels(tables, error));
  packed_.Expect(program_.size());
  for (const FileMap& file : program_.files()) {
    if (file.is_mapped()) packed_.AddMappedRange(file.data(), file.size());
  }
  for (uint32_t f = 0; f < Count(this->tables().functions()); ++f) {
    const schema::Function& function = program_.function(f);
    for (uint32_t i = 0; i < Count(function.instructions()); ++i) {
      const schema::Instruction& instruction = *function.instructions()->Get(i);
      const KernelEntry& entry = kernel(instruction.kernel());
      if (const char* reason = InstructionChecker(function, instruction, entry).Check()) {
        return error.Report(Status::kInvalidProgram, "function `%s`: instruction %u (`%s`): %s", Text(function.name()),
                            i, entry.key, reason);
      }
    }
  }
  return Status::kOk;
}

Status LinkedProgram::FindKernels(Span<const KernelTable> tables, Error& error) {
  char missing[1900] = {};  // an error holds little more
  size_t used = 0;
  for (uint32_t i = 0; i < Count(this->tables().kernels()); ++i) {
    const char* key = Text(this->tables().kernels(), i);
    const KernelEntry* entry = nullptr;
    for (size_t t = 0; t < tables.size() && entry == nullptr; ++t) entry = Find(tables[t], key);
    kernels_.Add(entry);
    if (entry != nullptr || used + 1 >= sizeof(missing)) continue;
    const int wrote = snprintf(missing + used, sizeof(missing) - used, "%s`%s`", used == 0 ? "" : ", ", key);
    used += wrote < 0 ? 0 : static_cast<size_t>(wrote);
  }
  if (used == 0) return Status::kOk;
  return error.Report(Status::kMissingKernel, "this runtime was built without the kernels %s", missing);
}

Isa LinkedProgram::level(const KernelEntry& kernel) const {
  int level = static_cast<int>(isa_);
  while (level > 0 && kernel.run[level] == nullptr) --level;
  return static_cast<Isa>(level);
}

}  // namespace mtc
