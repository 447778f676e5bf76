#include "rtfq/core/dtype.h"

#include <bit>
#include <cstring>
#include <iterator>
#include <limits>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian and read as they lie");

struct Row {
  DType dtype;
  const char* name;
  int64_t size;
};

constexpr Row kRows[] = {
    {DType::kBool, "BOOL", 1}, {DType::kU8, "U8", 1},   {DType::kI8, "I8", 1},
    {DType::kU16, "U16", 2},   {DType::kI16, "I16", 2}, {DType::kF16, "F16", 2},
    {DType::kBF16, "BF16", 2}, {DType::kU32, "U32", 4}, {DType::kI32, "I32", 4},
    {DType::kF32, "F32", 4},   {DType::kU64, "U64", 8}, {DType::kI64, "I64", 8},
    {DType::kF64, "F64", 8},
};

const Row& RowOf(DType dtype) {
  const size_t index = static_cast<size_t>(dtype);
  RTFQ_CHECK(index < std::size(kRows) && kRows[index].dtype == dtype);
  return kRows[index];
}

template <typename T>
T Load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

}  // namespace

const char* NameOf(DType dtype) { return RowOf(dtype).name; }

int64_t SizeOf(DType dtype) { return RowOf(dtype).size; }

std::optional<DType> DTypeNamed(std::string_view name) {
  for (const Row& row : kRows) {
    if (name == row.name) return row.dtype;
  }
  return std::nullopt;
}

bool IsFloatingPoint(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF32 || dtype == DType::kF64;
}

double LoadDouble(DType dtype, const char* bytes) {
  switch (dtype) {
    case DType::kF16:
      return FloatFromF16(Load<uint16_t>(bytes));
    case DType::kBF16:
      return std::bit_cast<float>(static_cast<uint32_t>(Load<uint16_t>(bytes))
                                  << 16);
    case DType::kF32:
      return Load<float>(bytes);
    case DType::kF64:
      return Load<double>(bytes);
    case DType::kU64:
      return static_cast<double>(Load<uint64_t>(bytes));
    default:
      return static_cast<double>(*LoadInt(dtype, bytes));
  }
}

std::optional<int64_t> LoadInt(DType dtype, const char* bytes) {
  RTFQ_CHECK(!IsFloatingPoint(dtype));
  switch (dtype) {
    case DType::kBool:
      return Load<uint8_t>(bytes) != 0;
    case DType::kU8:
      return Load<uint8_t>(bytes);
    case DType::kI8:
      return Load<int8_t>(bytes);
    case DType::kU16:
      return Load<uint16_t>(bytes);
    case DType::kI16:
      return Load<int16_t>(bytes);
    case DType::kU32:
      return Load<uint32_t>(bytes);
    case DType::kI32:
      return Load<int32_t>(bytes);
    case DType::kU64: {
      const uint64_t value = Load<uint64_t>(bytes);
      if (value > uint64_t{std::numeric_limits<int64_t>::max()}) return {};
      return static_cast<int64_t>(value);
    }
    default:
      return Load<int64_t>(bytes);
  }
}

float FloatFromF16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = (bits >> 10) & 31;
  const uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24, exact
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  // The bias grows from 15 to 127; all ones stay all ones.
  const uint32_t biased = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (biased << 23) | (fraction << 13));
}

}  // namespace rtfq
