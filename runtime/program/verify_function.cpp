#include <algorithm>

#include "core/block.h"
#include "core/list.h"
#include "core/sort.h"
#include "core/tensor.h"
#include "program/expressions.h"
#include "program/header.h"
#include "program/layout.h"
#include "program/quantization.h"
#include "program/verifier.h"

namespace mtc {
namespace {

using schema::Place;

class FunctionVerifier {
 public:
  FunctionVerifier(const schema::Program& tables, uint32_t index, ListBudget& budget, Error& error)
      : tables_(tables),
        index_(index),
        function_(*tables.functions()->Get(index)),
        budget_(budget),
        error_(error),
        values_(Count(function_.values())),
        expressions_(Items(function_.exprs())) {}

  Status Run() {
    if (function_.name() == nullptr) return Fail("it has no name");
    if (!budget_.Spend(expressions_.size(), sizeof(schema::Expr)) ||
        !budget_.Spend(Count(function_.symbols()), sizeof(schema::Symbol)) ||
        !budget_.Spend(uint64_t{Count(function_.inputs())} + Count(function_.outputs()), sizeof(uint32_t))) {
      return FailBudget();
    }
    if (!IsAligned(function_.exprs()) || !IsAligned(function_.symbols())) return FailAlignment();
    MTC_RETURN_IF_ERROR(VerifyExpressions(expressions_, Count(function_.symbols()), error_));
    for (uint32_t v = 0; v < values_; ++v) MTC_RETURN_IF_ERROR(InContext("value", v, VerifyValue(Value(v))));
    if (const uint32_t v = FindRoots(function_, &roots_); v != values_) {
      return error_.Report(Status::kInvalidProgram, "value %u: its aliases form a circle or too long a chain", v);
    }
    for (uint32_t v = 0; v < values_; ++v) MTC_RETURN_IF_ERROR(InContext("value", v, VerifyStorage(v)));
    MTC_RETURN_IF_ERROR(VerifySignature());
    for (uint32_t i = 0; i < Count(function_.symbols()); ++i)
      MTC_RETURN_IF_ERROR(InContext("symbol", i, VerifySymbol(i)));
    for (uint32_t i = 0; i < Count(function_.instructions()); ++i) {
      MTC_RETURN_IF_ERROR(InContext("instruction", i, VerifyInstruction(*function_.instructions()->Get(i))));
    }
    for (const uint32_t v : Items(function_.outputs())) {
      if (!is_written_[roots_[v]]) return Fail("an output is never written");
    }
    return function_.is_planned() ? VerifyPlan() : Status::kOk;
  }

 private:
  Status Fail(const char* reason) { return error_.Report(Status::kInvalidProgram, "%s", reason); }
  Status FailAlignment() { return Fail("a list is not aligned"); }
  Status FailBudget() { return Fail("its lists repeat each other"); }
  Status InContext(const char* what, uint32_t index, Status status) {
    if (status != Status::kOk) error_.Prefix("%s %u", what, index);
    return status;
  }
  const schema::Value& Value(uint32_t v) const { return *function_.values()->Get(v); }
  bool IsDim(int64_t dim) const { return dim >= 0 || ExpressionOf(dim) < expressions_.size(); }
  static bool IsStatic(const schema::Value& value) {
    const auto dims = Items(value.dims());
    return std::all_of(dims.begin(), dims.end(), [](int64_t dim) { return dim >= 0; });
  }

  Status VerifyValue(const schema::Value& value) {
    if (static_cast<int>(value.dtype()) >= kDTypeCount) return Fail("unknown dtype");
    if (Count(value.dims()) > kMaxRank) return Fail("more than 8 dims");
    if (!IsAligned(value.dims())) return FailAlignment();
    for (const int64_t dim : Items(value.dims())) {
      if (!IsDim(dim)) return Fail("a dim refers to an expression that does not exist");
    }
    if (!IsDim(value.alias_offset())) return Fail("its place refers to an expression that does not exist");
    uint64_t bytes;
    if (IsStatic(value) && !ByteSize(ToDType(value.dtype()), Items(value.dims()), &bytes)) {
      return Fail("impossible size");
    }
    MTC_RETURN_IF_ERROR(VerifyQuantization(value));
    if (value.alias_of() < -1) return Fail("an alias of nothing");
    switch (value.place()) {
      case Place::arena:
        return Status::kOk;
      case Place::constant:
        return value.index() < Count(tables_.constants()) ? SameType(value, *tables_.constants()->Get(value.index()))
                                                          : Fail("it refers to a constant that does not exist");
      case Place::state:
        return value.index() < Count(tables_.states()) ? SameType(value, *tables_.states()->Get(value.index()))
                                                       : Fail("it refers to a state that does not exist");
    }
    return Fail("unknown place");
  }

  Status VerifyQuantization(const schema::Value& value) {
    const DType dtype = ToDType(value.dtype());
    if (IsQuantized(dtype) != (value.qparams() >= 0)) return Fail("a scale where there is no quantized type, or none");
    if (dtype == DType::kQI4 && value.place() != Place::constant) return Fail("only constants have 4 bits");
    if (!IsQuantized(dtype)) return Status::kOk;
    if (const char* reason = QuantizationProblem(tables_, dtype, value.dims(), value.qparams())) return Fail(reason);
    const bool has_many = tables_.qparams()->Get(static_cast<uint32_t>(value.qparams()))->axis() >= 0;
    return has_many && value.place() != Place::constant ? Fail("several scales of what is no constant") : Status::kOk;
  }

  template <typename Stored>
  Status SameType(const schema::Value& value, const Stored& stored) {
    const auto a = Items(value.dims()), b = Items(stored.dims());
    if (value.dtype() != stored.dtype() || !std::equal(a.begin(), a.end(), b.begin(), b.end())) {
      return Fail("its type is not that of its constant or state");
    }
    return Status::kOk;
  }

  // Where the value lies, as far as that can be said before the sizes are known.
  Status VerifyStorage(uint32_t v) {
    const schema::Value& value = Value(v);
    const bool is_alias = roots_[v] != v;
    if (is_alias && value.place() != Place::arena) return Fail("a constant or state cannot be an alias");
    if (value.is_pitched() && !is_alias) return Fail("only an alias can be pitched");
    if (function_.is_planned() && value.place() == Place::arena) {
      if (!IsStatic(value) || value.alias_offset() < 0) return Fail("a planned function has a dynamic dim");
      if (!is_alias) {
        uint64_t bytes, end;
        if (!ByteSize(ToDType(value.dtype()), Items(value.dims()), &bytes)) return Fail("impossible size");
        if (value.offset() % kFileAlignment != 0) return Fail("it is not aligned");
        if (__builtin_add_overflow(value.offset(), bytes, &end) || end > function_.arena_size()) {
          return Fail("it ends beyond the arena");
        }
      }
    }
    if (!is_alias || !IsStaticChain(v)) return Status::kOk;  // the others are checked at run time
    const schema::Value& root = Value(roots_[v]);
    uint64_t root_bytes;
    if (!ByteSize(ToDType(root.dtype()), Items(root.dims()), &root_bytes)) return Fail("impossible size");
    Located located;
    if (Locate(function_, v, nullptr, root_bytes, &located)) return Status::kOk;
    return Fail("it does not lie inside the value it is an alias of");
  }

  // Whether an alias and all it lies in have fixed sizes and offsets.
  bool IsStaticChain(uint32_t v) const {
    while (IsStatic(Value(v)) && Value(v).alias_offset() >= 0) {
      if (Value(v).alias_of() < 0) return true;
      v = static_cast<uint32_t>(Value(v).alias_of());
    }
    return false;
  }

  Status VerifySignature() {
    is_written_.Resize(values_);
    is_result_.Resize(values_);
    for (uint32_t v = 0; v < values_; ++v) is_written_[v] = Value(v).place() != Place::arena;
    for (const uint32_t v : Items(function_.inputs())) {
      if (v >= values_) return Fail("an input is a value that does not exist");
      if (Value(v).place() != Place::arena || roots_[v] != v) return Fail("an input has no storage of its own");
      if (is_result_[v]) return Fail("two inputs are one value");
      is_result_[v] = true;
      is_written_[v] = true;
    }
    for (const uint32_t v : Items(function_.outputs())) {
      if (v >= values_) return Fail("an output is a value that does not exist");
      if (Value(v).is_pitched()) return Fail("an output is not dense");
    }
    return Status::kOk;
  }

  Status VerifySymbol(uint32_t i) {
    const schema::Symbol& symbol = *function_.symbols()->Get(i);
    if (symbol.min() < 0 || symbol.min() > symbol.max()) return Fail("impossible range");
    if (symbol.input() >= Count(function_.inputs())) return Fail("it is bound to an input that does not exist");
    const auto dims = Items(Value(Items(function_.inputs())[symbol.input()]).dims());
    if (symbol.axis() >= dims.size()) return Fail("it is bound to an axis that does not exist");
    const int64_t dim = dims[symbol.axis()];
    if (dim >= 0) return Fail("it is bound to a fixed dim");
    const schema::Expr& bound = expressions_[ExpressionOf(dim)];
    if (bound.kind() != schema::ExprKind::symbol || bound.a() != int64_t{i}) return Fail("it is bound to another dim");
    return Status::kOk;
  }

  Status VerifyInstruction(const schema::Instruction& instruction) {
    if (instruction.kernel() >= Count(tables_.kernels())) return Fail("its kernel does not exist");
    if (!budget_.Spend(
            uint64_t{Count(instruction.inputs())} + Count(instruction.outputs()) + Count(instruction.functions()),
            sizeof(int32_t))) {
      return FailBudget();
    }
    for (const int32_t v : Items(instruction.inputs())) {
      if (v < -1 || v >= int64_t{values_}) return Fail("an operand does not exist");
      if (v >= 0 && !is_written_[roots_[static_cast<uint32_t>(v)]]) {
        return error_.Report(Status::kInvalidProgram, "it reads value %d before it is written", v);
      }
    }
    for (const int32_t v : Items(instruction.outputs())) {
      if (v < -1 || v >= int64_t{values_}) return Fail("a result does not exist");
      if (v >= 0) MTC_RETURN_IF_ERROR(Write(static_cast<uint32_t>(v)));
    }
    for (uint32_t i = 0; i < Count(instruction.attrs()); ++i) {
      const schema::Attr& attr = *instruction.attrs()->Get(i);
      if (!IsAligned(attr.ints()) || !IsAligned(attr.floats())) return FailAlignment();
      const auto used = Items(attr.exprs());
      if (!budget_.Spend(used.size(), sizeof(uint32_t))) return FailBudget();
      for (const uint32_t e : used) {
        if (e >= expressions_.size()) return Fail("an attribute refers to an expression that does not exist");
      }
    }
    for (const uint32_t nested : Items(instruction.functions())) {
      if (nested <= index_ || nested >= Count(tables_.functions())) return Fail("a nested function does not exist");
    }
    return Status::kOk;
  }

  Status Write(uint32_t v) {
    const Place place = Value(roots_[v]).place();
    if (place == Place::constant) return error_.Report(Status::kInvalidProgram, "it writes constant value %u", v);
    if (place == Place::arena && is_result_[v]) {
      return error_.Report(Status::kInvalidProgram, "it writes value %u, which has been written", v);
    }
    is_result_[v] = true;
    is_written_[roots_[v]] = true;
    return Status::kOk;
  }

  // Storage that is in use at the same time must not overlap. A sweep over time holds what is in use, sorted by
  // offset and disjoint, so that a newcomer needs only be compared with its neighbours.
  Status VerifyPlan() {
    struct Item {
      uint64_t begin, end;
      uint32_t value;
    };
    const List<Lifetime> lifetimes = FindLifetimes(function_, roots_);
    List<Keyed> starts, ends;  // times of values
    List<Item> items(values_);
    for (uint32_t v = 0; v < values_; ++v) {
      uint64_t bytes = 0;
      const schema::Value& value = Value(v);
      if (roots_[v] != v || value.place() != Place::arena || !lifetimes[v].is_used()) continue;
      if (!ByteSize(ToDType(value.dtype()), Items(value.dims()), &bytes) || bytes == 0) continue;
      items[v] = {value.offset(), value.offset() + bytes, v};
      starts.Add({lifetimes[v].first, v});
      ends.Add({lifetimes[v].last, v});
    }
    Sort(starts);
    Sort(ends);
    const auto by_begin = [](const Item& a, uint64_t begin) { return a.begin < begin; };
    List<Item> used;
    size_t ended = 0;
    for (const auto [start, v] : starts) {
      for (; ended < ends.size() && ends[ended].key < start; ++ended) {
        used.Remove(std::lower_bound(used.begin(), used.end(), items[ends[ended].index].begin, by_begin));
      }
      const Item* next = std::lower_bound(used.begin(), used.end(), items[v].begin, by_begin);
      const Item* clash = nullptr;
      if (next != used.end() && next->begin < items[v].end) clash = next;
      if (next != used.begin() && (next - 1)->end > items[v].begin) clash = next - 1;
      if (clash != nullptr) {
        return error_.Report(Status::kInvalidProgram, "values %u and %u overlap in memory", clash->value, v);
      }
      used.Insert(next, items[v]);
    }
    return Status::kOk;
  }

  const schema::Program& tables_;
  const uint32_t index_;
  const schema::Function& function_;
  ListBudget& budget_;
  Error& error_;
  const uint32_t values_;
  const Span<const schema::Expr> expressions_;
  List<uint32_t> roots_;
  List<uint8_t> is_written_;  // of roots: something has been stored there
  List<uint8_t> is_result_;   // an input, or written by an instruction
};

}  // namespace

Status VerifyFunction(const schema::Program& tables, uint32_t index, ListBudget& budget, Error& error) {
  return FunctionVerifier(tables, index, budget, error).Run();
}

}  // namespace mtc
