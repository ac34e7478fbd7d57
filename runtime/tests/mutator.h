// Damages programs at random, by seed: raw bytes, or fields of the tables.

#ifndef MTC_TESTS_MUTATOR_H_
#define MTC_TESTS_MUTATOR_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "generated/program_generated.h"

namespace mtc::test {

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneOf(uint64_t count) { return Below(count) == 0; }
  // What was changed, in words.
  const std::string& story() const { return story_; }

  // Numbers at which code goes wrong, and any others.
  int64_t Number() {
    constexpr int64_t kValues[] = {0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   5,
                                   6,
                                   7,
                                   8,
                                   16,
                                   63,
                                   64,
                                   128,
                                   255,
                                   -1,
                                   -2,
                                   -3,
                                   -8,
                                   INT32_MAX,
                                   INT32_MIN,
                                   UINT32_MAX,
                                   INT64_MAX,
                                   INT64_MIN,
                                   1 << 20,
                                   -64,
                                   int64_t{1} << 46,
                                   int64_t{1} << 32,
                                   INT64_MAX - 1};
    return OneOf(5) ? static_cast<int64_t>(random_()) : kValues[Below(sizeof(kValues) / sizeof(kValues[0]))];
  }
  double Float() {
    using Limits = std::numeric_limits<double>;
    const double kValues[] = {0,
                              -0.0,
                              1,
                              -1,
                              0.5,
                              2,
                              1e-9,
                              1e9,
                              3e38,
                              1e39,
                              -7.5,
                              1e19,
                              300,
                              1e300,
                              -1e300,
                              65504.0,
                              Limits::infinity(),
                              -Limits::infinity(),
                              Limits::quiet_NaN(),
                              Limits::denorm_min()};
    return kValues[Below(sizeof(kValues) / sizeof(kValues[0]))];
  }

  // One to four bytes of [begin, end).
  void Bytes(std::vector<uint8_t>* file, uint64_t begin, uint64_t end) {
    for (uint64_t i = Below(4) + 1; i > 0; --i) {
      const uint64_t at = begin + Below(end - begin);
      (*file)[at] = OneOf(3) ? (*file)[at] ^ static_cast<uint8_t>(1 << Below(8)) : static_cast<uint8_t>(Number());
      Tell("byte %llu = %u", static_cast<unsigned long long>(at), (*file)[at]);
    }
  }

  // One or two fields, wherever they are.
  void Tables(schema::ProgramT* p) {
    for (int i = OneOf(3) ? 2 : 1; i > 0; --i) {
      fields_.clear();
      Collect(*p);
      const Field& field = fields_[Below(fields_.size())];
      Tell("%s", field.name);
      field.change();
    }
  }

 private:
  struct Field {
    const char* name;
    std::function<void()> change;
  };

  template <typename... Args>
  void Tell(const char* format, Args... args) {
    char text[200];
    snprintf(text, sizeof(text), format, args...);
    story_ += (story_.empty() ? "" : "; ") + std::string(text);
  }

  template <typename T>
  T Changed(T old, uint64_t limit) {
    if constexpr (std::is_floating_point_v<T>) {
      return Float();
    } else {
      if (limit != 0 && !OneOf(3)) return static_cast<T>(Below(limit));
      const int64_t value = Number();
      return static_cast<T>(OneOf(3) ? static_cast<uint64_t>(old) + static_cast<uint64_t>(value % 3)
                                     : static_cast<uint64_t>(value));
    }
  }
  // A number; one below `limit` more often than not, where that is not 0.
  template <typename T>
  void Add(const char* name, T& field, uint64_t limit = 0) {
    fields_.push_back({name, [this, &field, limit] {
                         const auto old = field;
                         field = Changed(field, limit);
                         Tell("%g -> %g", static_cast<double>(old), static_cast<double>(field));
                       }});
  }
  template <typename T>
  void AddList(const char* name, std::vector<T>& list, uint64_t limit = 0) {
    for (T& element : list) Add(name, element, limit);
    fields_.push_back({name, [this, &list, limit] {
                         if (list.empty() || OneOf(2)) {
                           list.push_back(Changed(T{}, limit));
                           Tell("+ %g", static_cast<double>(list.back()));
                         } else {
                           const uint64_t at = Below(list.size());
                           list.erase(list.begin() + static_cast<ptrdiff_t>(at));
                           Tell("- at %d", static_cast<int>(at));
                         }
                       }});
  }
  // One row less, or in another place.
  template <typename T>
  void AddRows(const char* name, std::vector<std::unique_ptr<T>>& list) {
    if (list.empty()) return;
    fields_.push_back({name, [this, &list] {
                         const uint64_t a = Below(list.size()), b = Below(list.size());
                         if (OneOf(2)) {
                           list.erase(list.begin() + static_cast<ptrdiff_t>(a));
                         } else {
                           std::swap(list[a], list[b]);
                         }
                       }});
  }

  void Collect(schema::ProgramT& p) {
    for (auto& s : p.segments) {
      Add("segment.kind", s->kind);
      Add("segment.offset", s->offset);
      Add("segment.size", s->size);
    }
    for (auto& c : p.constants) {
      Add("constant.dtype", c->dtype, 10);
      AddList("constant.dims", c->dims);
      Add("constant.segment", c->segment);
      Add("constant.offset", c->offset);
    }
    for (auto& s : p.states) {
      Add("state.dtype", s->dtype, 10);
      AddList("state.dims", s->dims);
      Add("state.initial", s->initial, p.constants.size());
    }
    for (auto& s : p.samples) {
      Add("sample.function", s->function);
      Add("sample.index", s->index);
      AddList("sample.dims", s->dims);
      Add("sample.offset", s->offset);
    }
    for (auto& f : p.functions) Collect(*f, p);
    AddRows("functions", p.functions);
    AddRows("constants", p.constants);
    AddRows("states", p.states);
  }
  void Collect(schema::FunctionT& f, const schema::ProgramT& p) {
    const uint64_t values = f.values.size();
    for (auto& v : f.values) {
      Add("value.dtype", v->dtype, 10);
      AddList("value.dims", v->dims);
      Add("value.place", v->place);
      Add("value.index", v->index, p.constants.size());
      Add("value.offset", v->offset);
      Add("value.alias_of", v->alias_of, values);
      Add("value.alias_offset", v->alias_offset);
      fields_.push_back({"value.is_pitched", [&v] { v->is_pitched = !v->is_pitched; }});
    }
    AddList("function.inputs", f.inputs, values);
    AddList("function.outputs", f.outputs, values);
    for (auto& e : f.exprs) {
      fields_.push_back({"expr", [this, &e] {
                           const auto kind = OneOf(2) ? static_cast<schema::ExprKind>(Below(9)) : e.kind();
                           const int64_t a = OneOf(2) ? Number() : e.a();
                           e = schema::Expr(a, OneOf(2) ? Number() : e.b(), kind);
                         }});
    }
    for (auto& s : f.symbols) {
      fields_.push_back({"symbol", [this, &s] {
                           const int64_t min = OneOf(2) ? Number() : s.min(), max = OneOf(2) ? Number() : s.max();
                           const bool is_bound_elsewhere = OneOf(3);
                           s = schema::Symbol(min, max,
                                              is_bound_elsewhere ? static_cast<uint32_t>(Below(3)) : s.input(),
                                              is_bound_elsewhere ? static_cast<uint32_t>(Below(3)) : s.axis());
                         }});
    }
    for (auto& i : f.instructions) {
      Add("instruction.kernel", i->kernel, p.kernels.size());
      AddList("instruction.inputs", i->inputs, values);
      AddList("instruction.outputs", i->outputs, values);
      AddList("instruction.functions", i->functions, p.functions.size());
      for (auto& a : i->attrs) {
        // Attributes are where kernels are reached with numbers that the loader cannot check: more often than the rest.
        for (int time = 0; time < 4; ++time) {
          AddList("attr.ints", a->ints);
          AddList("attr.floats", a->floats);
        }
        AddList("attr.exprs", a->exprs, f.exprs.size());
      }
      AddRows("instruction.attrs", i->attrs);
    }
    Add("function.arena_size", f.arena_size);
    fields_.push_back({"function.is_planned", [&f] { f.is_planned = !f.is_planned; }});
    AddRows("function.values", f.values);
    AddRows("function.instructions", f.instructions);
  }

  std::mt19937_64 random_;
  std::vector<Field> fields_;
  std::string story_;
};

}  // namespace mtc::test

#endif  // MTC_TESTS_MUTATOR_H_
