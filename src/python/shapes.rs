//! What redis-py's own response callbacks make of a reply, made at once.
//!
//! redis-py shapes some replies with Python functions, which take longer than the command. Where the callback is
//! one of redis-py's own, known by identity, the sink gives its containers their final form as they are said; any
//! other callback is called.
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

/// What a container becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A `list`; of a map, one with keys and values in turn.
    List,
    /// A `tuple`.
    Tuple,
    /// A `dict`, of pairs or of keys and values in turn.
    Dict,
    /// A `list` of lists of two.
    Pairs,
}

impl Made {
    /// The container of these elements, keys and values in turn where it is made of pairs.
    pub(crate) fn of<'a, 'py: 'a>(
        self,
        py: Python<'py>,
        mut elements: impl ExactSizeIterator<Item = &'a Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Made::List => PyList::new(py, elements)?.into_any(),
            Made::Tuple => PyTuple::new(py, elements)?.into_any(),
            Made::Dict => {
                let dict = PyDict::new(py);
                while let (Some(key), Some(value)) = (elements.next(), elements.next()) {
                    dict.set_item(key, value)?;
                }
                dict.into_any()
            }
            Made::Pairs if elements.len() == 2 => PyList::new(py, [PyList::new(py, elements)?])?.into_any(),
            Made::Pairs => {
                // A key that was said twice is there once, as in the `dict` that redis-py makes pairs of.
                let pairs = PyList::empty(py);
                for (key, value) in Made::Dict.of(py, elements)?.cast_into::<PyDict>()? {
                    pairs.append(PyList::new(py, [key, value])?)?;
                }
                pairs.into_any()
            }
        })
    }

    /// What stands where there is no container of this kind.
    pub(crate) fn missing(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let nothing = || py.None().into_bound(py);
        Ok(match self {
            Made::List | Made::Pairs => nothing(),
            Made::Tuple => PyTuple::new(py, [nothing(), nothing()])?.into_any(),
            Made::Dict => PyDict::new(py).into_any(),
        })
    }
}

/// What the containers of a reply become.
#[derive(Debug)]
pub(crate) struct Form {
    /// By their depth in the reply; those deeper are what they are.
    by_depth: &'static [Made],
    /// What a reply of no value becomes; nothing for `None`.
    nothing: Option<Made>,
}

/// Every container as what it is: a map is a `dict`, all else a `list`, for a set's elements may not be hashable.
pub(crate) static PLAIN: Form = Form { by_depth: &[], nothing: None };

/// Entries of a stream: `[(id, {field: value}), …]`.
static ENTRIES: Form = Form { by_depth: &[Made::List, Made::Tuple, Made::Dict], nothing: None };
/// `[[stream, entries], …]`, which RESP2 has in arrays of two.
static STREAMS_OF_ARRAYS: Form = Form {
    by_depth: &[Made::List, Made::List, Made::List, Made::Tuple, Made::Dict],
    nothing: Some(Made::List),
};
/// The same, which RESP3 has in a map.
static STREAMS_OF_MAP: Form =
    Form { by_depth: &[Made::Pairs, Made::List, Made::Tuple, Made::Dict], nothing: Some(Made::List) };
/// `{stream: entries, …}` of a map.
static STREAMS_AS_DICT: Form =
    Form { by_depth: &[Made::Dict, Made::List, Made::Tuple, Made::Dict], nothing: Some(Made::Dict) };
/// Keys and values in turn as a `dict`.
static FLAT_AS_DICT: Form = Form { by_depth: &[Made::Dict], nothing: Some(Made::Dict) };

impl Form {
    /// What a container at this depth becomes.
    #[inline]
    pub(crate) fn at(&self, depth: usize, is_map: bool) -> Made {
        match self.by_depth.get(depth) {
            Some(made) => *made,
            None if is_map => Made::Dict,
            None => Made::List,
        }
    }

    /// What stands at this depth in a container's place.
    pub(crate) fn missing<'py>(&self, py: Python<'py>, depth: usize) -> PyResult<Bound<'py, PyAny>> {
        match (depth, self.nothing) {
            (0, Some(made)) => made.of(py, std::iter::empty()),
            (0, None) => Ok(py.None().into_bound(py)),
            _ => {
                self.by_depth.get(depth).map_or_else(|| Ok(py.None().into_bound(py)), |made| made.missing(py))
            }
        }
    }
}

/// A function of redis-py's, the RESP version of the replies it is given, and what it makes of them.
struct Known {
    function: Py<PyAny>,
    resp: u8,
    form: &'static Form,
}

/// The form that a response callback gives to replies in this RESP version, if it is one of redis-py's own that are
/// known here.
pub(crate) fn form_of(callback: &Bound<'_, PyAny>, resp: u8) -> Option<&'static Form> {
    let known = known(callback.py());
    known.iter().find(|known| known.resp == resp && known.function.is(callback)).map(|known| known.form)
}

/// Remembers redis-py's callbacks as they are. To be called when the module is imported.
pub(crate) fn prepare(py: Python<'_>) {
    known(py);
}

fn known(py: Python<'_>) -> &[Known] {
    static KNOWN: PyOnceLock<Vec<Known>> = PyOnceLock::new();
    KNOWN.get_or_init(py, || find_known(py))
}

/// The functions that the installed redis-py has of those known here.
fn find_known(py: Python<'_>) -> Vec<Known> {
    let mut known = Vec::new();
    let functions: [(&str, u8, &'static Form); 5] = [
        ("parse_stream_list", 2, &ENTRIES),
        ("parse_stream_list", 3, &ENTRIES),
        ("parse_xread", 2, &STREAMS_OF_ARRAYS),
        ("parse_xread_resp3_to_resp2_legacy", 3, &STREAMS_OF_MAP),
        ("parse_xread_unified", 3, &STREAMS_AS_DICT),
    ];
    // redis-py 8 moved the tables of callbacks to a module of their own; the functions stayed.
    let modules = ["redis._parsers.helpers", "redis._parsers.response_callbacks"];
    for module in modules.iter().filter_map(|name| py.import(*name).ok()) {
        for (name, resp, form) in functions {
            if let Ok(function) = module.getattr(name) {
                known.push(Known { function: function.unbind(), resp, form });
            }
        }
        if let Ok(table) = module.getattr("_RedisCallbacksRESP2")
            && let Ok(function) = table.get_item("HGETALL")
        {
            known.push(Known { function: function.unbind(), resp: 2, form: &FLAT_AS_DICT });
        }
    }
    known
}
