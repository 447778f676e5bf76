// Included first by every group of oneDNN sources that is compiled together:
// after one source's using-directives these headers would be ambiguous.
#include <immintrin.h>

#include <cstdio>
#include <cstdlib>

#include "common/dnnl_thread.hpp"
#include "common/impl_registration.hpp"
#include "common/primitive.hpp"
#include "common/batch_normalization_pd.hpp"
#include "common/binary_pd.hpp"
#include "common/concat_pd.hpp"
#include "common/convolution_pd.hpp"
#include "common/deconvolution_pd.hpp"
#include "common/eltwise_pd.hpp"
#include "common/inner_product_pd.hpp"
#include "common/matmul_pd.hpp"
#include "common/pooling_pd.hpp"
#include "common/reduction_pd.hpp"
#include "common/reorder_pd.hpp"
#include "common/softmax_pd.hpp"
#include "common/sum_pd.hpp"
#include "cpu/cpu_convolution_pd.hpp"
#include "cpu/cpu_inner_product_pd.hpp"
#include "cpu/x64/jit_generator.hpp"
