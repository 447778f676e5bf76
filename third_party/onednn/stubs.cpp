// Answers for the primitives and reorders that are not built (NOT_BUILT in
// options.bzl): they have no implementation, so asking for one is an error.
#include "cpu/cpu_engine.hpp"
#include "cpu/reorder/cpu_reorder.hpp"

namespace dnnl {
namespace impl {
namespace cpu {
namespace {

const impl_list_map_t &Nothing() {
  static const impl_list_map_t nothing;
  return nothing;
}

const impl_list_item_t *NoneOf() {
  static const impl_list_item_t none[] = {nullptr};
  return none;
}

}  // namespace

const impl_list_item_t *get_batch_normalization_impl_list(
    const batch_normalization_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_binary_impl_list(const binary_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_deconvolution_impl_list(
    const deconvolution_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_eltwise_impl_list(const eltwise_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_group_normalization_impl_list(
    const group_normalization_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_inner_product_impl_list(
    const inner_product_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_layer_normalization_impl_list(
    const layer_normalization_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_lrn_impl_list(const lrn_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_pooling_impl_list(const pooling_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_prelu_impl_list(const prelu_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_reduction_impl_list(const reduction_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_resampling_impl_list(const resampling_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_rnn_impl_list(const rnn_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_shuffle_impl_list(const shuffle_desc_t *) {
  return NoneOf();
}
const impl_list_item_t *get_softmax_impl_list(const softmax_desc_t *) {
  return NoneOf();
}

const impl_list_map_t &comp_bf16_s8_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_f16_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_f32_f16_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_f32_fp8_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_fp4_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_fp8_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_s4_impl_list_map() { return Nothing(); }
const impl_list_map_t &regular_u4_impl_list_map() { return Nothing(); }

}  // namespace cpu
}  // namespace impl
}  // namespace dnnl
