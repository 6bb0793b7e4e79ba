"""Globals with which a file runs what it likes, so that nobody can waive them.

The list need not be complete: what is on neither list is unsafe as well, and only may be waived
by two people who have looked. It names what has no place in a model.
"""

from typing import Final

from imports.scanning.pickles.globals.tables import words

# Everything in these modules and packages.
_MODULES: Final = words("""
    IPython __builtin__ _ctypes _frozen_importlib _frozen_importlib_external _imp _io _pickle
    _posixsubprocess _socket _thread _winapi aiohttp antigravity ast asyncio atexit bdb
    billiard bottle cProfile celery cffi cloudpickle code codeop commands compileall concurrent
    ctypes dill dis distutils django docutils ensurepip execnet fabric faulthandler fcntl
    fileinput flask ftplib gc getpass glob http httplib httpx idlelib imaplib imp importlib
    inspect invoke jinja2 joblib.externals linecache mako marshal mmap msilib multiprocessing
    nntplib nose nt ntpath numba numpy._testing numpy.ctypeslib numpy.distutils numpy.f2py
    numpy.lib._datasource numpy.lib._npyio_impl numpy.lib.npyio numpy.lib.utils numpy.testing
    os pandas.core.computation pandas.io paramiko pdb pexpect pickle pickletools pip pipes
    pkg_resources pkgutil platform poplib posix posixpath profile psutil pty py_compile pydoc
    pytest requests resource rlcompleter runpy sched scipy.stats select selectors setuptools
    shelve shutil signal site sitecustomize smtplib socket socketserver sqlite3 ssl subprocess
    sympy sys sysconfig tarfile telnetlib tempfile test threading timeit tkinter torch._C
    torch._dynamo torch._inductor torch.distributed torch.fx torch.hub torch.jit
    torch.multiprocessing torch.package torch.utils.cpp_extension trace traceback turtle
    unittest urllib urllib2 urllib3 uuid webbrowser winreg xmlrpc yaml zipfile zipimport
""")

# These names alone, where the rest of the module is harmless or not known.
_NAMES: Final = words("""
    _codecs.open bdb.Bdb builtins.__build_class__ builtins.__import__ builtins.apply
    builtins.breakpoint builtins.classmethod builtins.compile builtins.delattr builtins.dir
    builtins.eval builtins.exec builtins.execfile builtins.exit builtins.file builtins.filter
    builtins.getattr builtins.globals builtins.help builtins.input builtins.locals builtins.map
    builtins.memoryview builtins.open builtins.print builtins.property builtins.quit
    builtins.reload builtins.setattr builtins.staticmethod builtins.super builtins.type
    builtins.vars codecs.open collections.namedtuple copyreg.add_extension copyreg.pickle
    dataclasses.make_dataclass enum.Enum functools.reduce io.FileIO io.open io.open_code
    joblib.load joblib.numpy_pickle.load joblib.numpy_pickle_compat.load_compatibility
    joblib.parallel.Parallel logging.config.dictConfig logging.config.fileConfig
    numpy.DataSource numpy.core.memmap.memmap numpy.fromfile numpy.genfromtxt numpy.load
    numpy.loadtxt numpy.memmap numpy.save numpy.savetxt numpy.savez operator.attrgetter
    operator.call operator.methodcaller pandas.eval pandas.read_pickle pathlib.Path.write_bytes
    pathlib.Path.write_text sklearn.utils._testing.assert_run_python_script torch.load
    torch.serialization.load types.CellType types.CodeType types.FunctionType types.LambdaType
    types.MethodType types.ModuleType types.coroutine types.new_class typing._eval_type
""")

# Reached as an attribute of anything, these are the same modules again.
_AS_ATTRIBUTES: Final = words("""
    __builtins__ __class__ __code__ __dict__ __getattribute__ __globals__ __import__ __loader__
    __reduce__ __subclasses__ _os builtins ctypes eval exec importlib marshal os pickle popen
    posix pty runpy shutil socket subprocess sys system
""")


def is_dangerous(module: str, name: str) -> bool:
    """Say whether importing ``name`` from ``module`` has no place in any model."""
    whole = f"{module}.{name}"
    if whole in _NAMES or _AS_ATTRIBUTES.intersection(name.split(".")):
        return True
    parts = whole.split(".")
    if any(".".join(parts[:count]) in _MODULES for count in range(1, len(parts))):
        return True
    # `package.os` and `os.path` alike: a module that was imported by another one.
    return bool(_AS_ATTRIBUTES.intersection(parts[1:]))
