#include "program/table_walk.h"

#include <cstring>

#include "flatbuffers/verifier.h"
#include "generated/program_layout.h"

namespace mtc {
namespace {

using flatbuffers::ReadScalar;
using flatbuffers::soffset_t;
using flatbuffers::uoffset_t;
using flatbuffers::voffset_t;

flatbuffers::Verifier::Options Limits(size_t size) {
  flatbuffers::Verifier::Options options;
  options.max_depth = 16;                                     // the schema's tables nest 5 deep
  options.max_tables = static_cast<uoffset_t>(size / 8 + 1);  // a table has at least 8 bytes
  return options;
}

class TableWalk {
 public:
  TableWalk(const uint8_t* data, size_t size) : data_(data), verifier_(data, size, Limits(size)) {}

  // The table that the offset at `from` leads to.
  bool Table(size_t from, uint8_t table) {
    const size_t offset = verifier_.VerifyOffset(from);
    const size_t at = from + offset;
    if (offset == 0 || !verifier_.VerifyTableStart(data_ + at)) return false;
    const size_t fields = at - static_cast<size_t>(ReadScalar<soffset_t>(data_ + at));
    const size_t end = fields + ReadScalar<voffset_t>(data_ + fields);
    size_t entry = fields + 2 * sizeof(voffset_t);  // behind the sizes of itself and of the table
    for (size_t i = table == 0 ? 0 : kTableEnds[table - 1]; i < kTableEnds[table]; ++i, entry += sizeof(voffset_t)) {
      if (entry >= end) break;  // a writer leaves out what is absent at the end
      const size_t place = ReadScalar<voffset_t>(data_ + entry);
      if (place != 0 && !Field(at + place, kFieldLayouts[i])) return false;
    }
    return verifier_.EndTable();
  }

 private:
  bool Field(size_t at, FieldLayout field) {
    if (field.shape == FieldShape::kScalar) {
      return verifier_.VerifyAlignment(at, field.detail) && verifier_.Verify(at, field.detail);
    }
    if (field.shape == FieldShape::kText) return Text(at);
    const size_t offset = verifier_.VerifyOffset(at);
    const bool has_scalars = field.shape == FieldShape::kScalars;
    const size_t element = has_scalars ? field.detail : sizeof(uoffset_t);
    const uint8_t* vector = data_ + at + offset;
    if (offset == 0 || !verifier_.VerifyVectorOrString<uoffset_t>(vector, element)) return false;
    if (has_scalars) return true;
    for (uoffset_t i = 0, count = ReadScalar<uoffset_t>(vector); i < count; ++i) {
      const size_t item = at + offset + (i + size_t{1}) * sizeof(uoffset_t);
      if (!(field.shape == FieldShape::kTexts ? Text(item) : Table(item, field.detail))) return false;
    }
    return true;
  }

  bool Text(size_t at) {
    const size_t offset = verifier_.VerifyOffset(at);
    return offset != 0 && verifier_.VerifyString(reinterpret_cast<const flatbuffers::String*>(data_ + at + offset));
  }

  const uint8_t* const data_;
  flatbuffers::Verifier verifier_;
};

}  // namespace

bool IsWholeBuffer(const uint8_t* data, size_t size, uint8_t root, const char* identifier) {
  if (size < 2 * sizeof(uoffset_t) || size >= FLATBUFFERS_MAX_BUFFER_SIZE) return false;
  if (identifier != nullptr && memcmp(data + sizeof(uoffset_t), identifier, flatbuffers::kFileIdentifierLength) != 0) {
    return false;
  }
  return TableWalk(data, size).Table(0, root);
}

}  // namespace mtc
