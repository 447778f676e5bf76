#include "rtfq/core/dtype.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

// At an odd address: files need not align.
template <typename T>
struct Stored {
  explicit Stored(T value) { std::memcpy(bytes + 1, &value, sizeof(value)); }
  const char* at() const { return bytes + 1; }
  alignas(8) char bytes[1 + sizeof(T)];
};

TEST(DType, NamesAndSizes) {
  const struct {
    DType dtype;
    const char* name;
    int64_t size;
  } rows[] = {
      {DType::kBool, "BOOL", 1}, {DType::kU8, "U8", 1},
      {DType::kI8, "I8", 1},     {DType::kU16, "U16", 2},
      {DType::kI16, "I16", 2},   {DType::kF16, "F16", 2},
      {DType::kBF16, "BF16", 2}, {DType::kU32, "U32", 4},
      {DType::kI32, "I32", 4},   {DType::kF32, "F32", 4},
      {DType::kU64, "U64", 8},   {DType::kI64, "I64", 8},
      {DType::kF64, "F64", 8},
  };
  for (const auto& row : rows) {
    EXPECT_STREQ(NameOf(row.dtype), row.name);
    EXPECT_EQ(SizeOf(row.dtype), row.size);
    EXPECT_EQ(DTypeNamed(row.name), row.dtype);
    EXPECT_NE(std::string(kDTypeNames).find(row.name), std::string::npos);
    EXPECT_EQ(IsFloatingPoint(row.dtype),
              std::string(row.name).find('F') != std::string::npos);
  }
}

TEST(DType, UnknownNames) {
  for (const char* name : {"", "f32", "F8_E4M3", "F320", "F3", "U4", " F32"}) {
    EXPECT_FALSE(DTypeNamed(name).has_value()) << name;
  }
}

TEST(DType, LoadsIntegersAtTheirLimits) {
  EXPECT_EQ(LoadInt(DType::kI8, Stored<int8_t>(-128).at()), -128);
  EXPECT_EQ(LoadInt(DType::kU8, Stored<uint8_t>(255).at()), 255);
  EXPECT_EQ(LoadInt(DType::kI16, Stored<int16_t>(-32768).at()), -32768);
  EXPECT_EQ(LoadInt(DType::kU16, Stored<uint16_t>(65535).at()), 65535);
  EXPECT_EQ(LoadInt(DType::kI32, Stored<int32_t>(INT32_MIN).at()), INT32_MIN);
  EXPECT_EQ(LoadInt(DType::kU32, Stored<uint32_t>(UINT32_MAX).at()),
            int64_t{UINT32_MAX});
  EXPECT_EQ(LoadInt(DType::kI64, Stored<int64_t>(INT64_MIN).at()), INT64_MIN);
  EXPECT_EQ(LoadInt(DType::kU64, Stored<uint64_t>(INT64_MAX).at()), INT64_MAX);
  EXPECT_EQ(LoadInt(DType::kBool, Stored<uint8_t>(1).at()), 1);
  EXPECT_FALSE(LoadInt(DType::kU64, Stored<uint64_t>(UINT64_MAX).at()));
}

TEST(DType, LoadsDoubles) {
  EXPECT_EQ(LoadDouble(DType::kF32, Stored<float>(-0.1f).at()), -0.1f);
  EXPECT_EQ(LoadDouble(DType::kF64, Stored<double>(0.1).at()), 0.1);
  EXPECT_EQ(LoadDouble(DType::kI8, Stored<int8_t>(-7).at()), -7.0);
  EXPECT_EQ(LoadDouble(DType::kU64, Stored<uint64_t>(UINT64_MAX).at()), 0x1p64);
  // bfloat16 is the upper half of a float: 0x3fc0 of 0x3fc00000.
  EXPECT_EQ(LoadDouble(DType::kBF16, Stored<uint16_t>(0x3fc0).at()), 1.5);
  EXPECT_EQ(LoadDouble(DType::kF16, Stored<uint16_t>(0xc000).at()), -2.0);
}

// Every binary16 that is a number is sign * fraction * 2^exponent.
TEST(FloatFromF16, EveryNumber) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 0x3ff;
    const float value = FloatFromF16(static_cast<uint16_t>(bits));
    EXPECT_EQ(std::signbit(value), bits >= 0x8000);
    if (exponent == 31) {
      EXPECT_EQ(std::isinf(value), fraction == 0) << bits;
      EXPECT_EQ(std::isnan(value), fraction != 0) << bits;
      continue;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, -24)
                      : std::ldexp(1024 + fraction, exponent - 15 - 10);
    ASSERT_EQ(std::fabs(value), magnitude) << bits;
  }
}

}  // namespace
}  // namespace rtfq
