namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/fs.h: PAGEMAP_SCAN (6.7; Documentation/admin-guide/mm/pagemap.rst).</summary>
internal static class PageScan
{
    internal const ulong PAGEMAP_SCAN = 0xC0606610;
    internal const ulong PAGE_IS_FILE = 1 << 2;
    internal const ulong PAGE_IS_PRESENT = 1 << 3;
    internal const ulong PAGE_IS_SWAPPED = 1 << 4;

    internal struct page_region
    {
        internal ulong start;
        internal ulong end;
        internal ulong categories;
    }

    internal struct pm_scan_arg
    {
        internal ulong size;
        internal ulong flags;
        internal ulong start;
        internal ulong end;
        internal ulong walk_end;
        internal ulong vec;
        internal ulong vec_len;
        internal ulong max_pages;
        internal ulong category_inverted;
        internal ulong category_mask;
        internal ulong category_anyof_mask;
        internal ulong return_mask;
    }
}
