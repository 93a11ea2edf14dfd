"""Who is acting, in which workspace, what they may do, and the record of what they did."""
