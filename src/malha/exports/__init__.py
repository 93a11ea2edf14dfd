"""Lists asked for whole, as files: any slice registers its lists, this one knows none of them."""
